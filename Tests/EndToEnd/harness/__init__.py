"""What the end-to-end tests share: the server under test and its counterparts."""
