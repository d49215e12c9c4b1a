"""The runs of a project: what is kept of them, compared, exported, repeated."""
