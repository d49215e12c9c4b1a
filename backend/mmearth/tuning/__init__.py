"""Fine-tuning: from a linear probe to a fully tuned network."""
