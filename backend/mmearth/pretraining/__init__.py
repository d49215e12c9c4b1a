"""The training loop of pretraining, its settings and pictures."""
