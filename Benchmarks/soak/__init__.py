"""Hours of KEDA's load, with everything around Headstart failing now and then."""
