"""Weighted least squares with a penalty on the weights, solved exactly. Knows arrays only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]

PENALTY = 0.01  # features x have a variance of about 2; fixed, see docs/decisions/0014-heads.md


def fit_ridge(features: FloatArray, targets: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Returns weight W (m, d) and bias b (m,) that minimise Σ weights · |targets - W·x - b|² + PENALTY · |W|².

    Args:
        features: (n, d).
        targets: (n, m).
        weights: (n,), sum to 1.
    """
    x, y = np.asarray(features, np.float64), np.asarray(targets, np.float64)
    centre, level = weights @ x, weights @ y
    root = np.sqrt(weights)[:, None]
    rows, wanted = (x - centre) * root, (y - level) * root
    weight: FloatArray
    if len(x) < x.shape[1]:  # (R'R + aI)⁻¹R' = R'(RR' + aI)⁻¹
        weight = np.linalg.solve(rows @ rows.T + PENALTY * np.eye(len(x)), wanted).T @ rows
    else:
        weight = np.linalg.solve(rows.T @ rows + PENALTY * np.eye(x.shape[1]), rows.T @ wanted).T
    return weight, level - weight @ centre
