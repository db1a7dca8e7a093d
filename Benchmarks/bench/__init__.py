"""Measures Headstart side by side with what could replace it. Started by scripts/bench."""
