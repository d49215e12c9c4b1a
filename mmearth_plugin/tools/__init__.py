"""Map tools for drawing labels, and what becomes of their shapes."""
