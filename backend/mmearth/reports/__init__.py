"""Self-contained HTML pages on what was found."""
