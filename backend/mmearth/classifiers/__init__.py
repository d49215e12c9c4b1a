"""What is fitted to labelled pixels: classifiers, regressions, temperature, distance. Knows arrays only."""
