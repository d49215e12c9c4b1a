"""Networks: written from the papers, checked against reference outputs."""
