"""The command line's groups of commands, and what they share."""
