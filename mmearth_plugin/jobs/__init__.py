"""Jobs one after another, short questions in between, and the log of both."""
