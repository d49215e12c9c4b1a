"""Area-adjusted accuracy against the worked example of the paper, formulas written out again, and simulated draws."""

import numpy as np
import pytest
from mmearth.validation.area_estimates import estimate

# Olofsson et al. 2014, doi:10.1016/j.rse.2014.02.015, Tables 8 and 9: deforestation, forest gain, stable forest, stable
# non-forest; rows as mapped, columns as they are; 30 m pixels.
COUNTS = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]])
MAPPED_PX = np.array([200_000, 150_000, 3_200_000, 6_450_000])


def points(counts):
    """Returns mapped and true class of each point of a table of counts."""
    rows, cols = np.indices(counts.shape)
    return np.repeat(rows.ravel(), counts.ravel()), np.repeat(cols.ravel(), counts.ravel())


def test_published_example():
    mapped, true = points(COUNTS)
    found = estimate(mapped, mapped, true, MAPPED_PX * 900.0, 4)
    assert found.overall.value == pytest.approx(0.947, abs=5e-4)
    assert found.overall.half_width == pytest.approx(0.018, abs=5e-4)
    np.testing.assert_allclose(found.users.value, [0.88, 0.73, 0.93, 0.96], atol=5e-3)
    np.testing.assert_allclose(found.users.half_width, [0.07, 0.10, 0.04, 0.02], atol=5e-3)
    np.testing.assert_allclose(found.producers.value, [0.75, 0.85, 0.93, 0.96], atol=5e-3)
    np.testing.assert_allclose(found.producers.half_width, [0.21, 0.25, 0.03, 0.02], atol=5e-3)
    hectares = found.shares.value * found.area_m2 / 1e4
    assert hectares[0] == pytest.approx(21_158, abs=1)  # 235,086 pixels
    assert hectares[0] / 0.09 == pytest.approx(235_086, abs=1)
    assert found.shares.half_width[0] * found.area_m2 / 1e4 == pytest.approx(6_158, abs=1)


def test_equations_written_out_for_map_classes():
    rng = np.random.default_rng(0)
    counts = rng.integers(1, 40, (3, 3)) + np.diag([60, 20, 90])
    areas = np.array([5.0, 1.0, 14.0])
    weight, row = areas / areas.sum(), counts.sum(axis=1)
    mapped, true = points(counts)
    found = estimate(mapped, mapped, true, areas, 3)
    shares = weight[:, None] * counts / row[:, None]
    np.testing.assert_allclose(found.proportions, shares)
    users, producers = np.diag(shares) / shares.sum(axis=1), np.diag(shares) / shares.sum(axis=0)
    np.testing.assert_allclose(found.users.value, users)
    np.testing.assert_allclose(found.producers.value, producers)
    np.testing.assert_allclose(found.overall.error**2, (weight**2 * users * (1 - users) / (row - 1)).sum())  # eq. 5
    np.testing.assert_allclose(found.users.error**2, users * (1 - users) / (row - 1))  # eq. 6
    within = counts / row[:, None] * (1 - counts / row[:, None]) / (row - 1)[:, None]
    np.testing.assert_allclose(found.shares.error, np.sqrt((weight[:, None] ** 2 * within).sum(axis=0)))  # eq. 10
    for j in range(3):  # eq. 7
        others = [i for i in range(3) if i != j]
        first = areas[j] ** 2 * (1 - producers[j]) ** 2 * users[j] * (1 - users[j]) / (row[j] - 1)
        second = producers[j] ** 2 * sum(areas[i] ** 2 * within[i, j] for i in others)
        total = (areas * counts[:, j] / row).sum()
        assert found.producers.error[j] ** 2 == pytest.approx((first + second) / total**2)


def test_strata_of_another_map_give_unbiased_figures_and_honest_errors():
    # A map (90 % right) is judged with points drawn by classes of another one (70 % right).
    rng = np.random.default_rng(1)
    n = 20_000
    true = rng.choice(3, n, p=[0.1, 0.3, 0.6])
    noisy = [np.where(rng.random(n) < right, true, rng.integers(0, 3, n)) for right in (0.9, 0.7)]
    mapped, other = noisy
    areas = np.bincount(other).astype(float)
    of_stratum = [np.flatnonzero(other == h) for h in range(3)]
    values, errors = [], []
    for _ in range(300):
        drawn = np.concatenate([rng.choice(own, 60, replace=False) for own in of_stratum])
        found = estimate(other[drawn], mapped[drawn], true[drawn], areas, 3)
        figures = (found.overall, found.users, found.producers, found.shares)
        values.append(np.concatenate([np.atleast_1d(figure.value) for figure in figures]))
        errors.append(np.concatenate([np.atleast_1d(figure.error) for figure in figures]))
    right = mapped == true
    wanted = [
        right.mean(),
        *(right[mapped == k].mean() for k in range(3)),
        *(right[true == k].mean() for k in range(3)),
    ]
    wanted += [(true == k).mean() for k in range(3)]
    spread = np.std(values, axis=0)
    np.testing.assert_allclose(np.mean(values, axis=0), wanted, atol=0.02)
    np.testing.assert_allclose(np.sqrt(np.mean(np.square(errors), axis=0)), spread, rtol=0.2)


def test_a_stratum_without_points_and_one_of_a_single_point():
    mapped = np.array([0, 0, 0, 1, 1, 1, 2])
    true = np.array([0, 0, 1, 1, 1, 0, 2])
    found = estimate(mapped, mapped, true, np.array([4.0, 4.0, 2.0, 90.0]), 4)
    assert found.area_m2 == 10  # of the fourth nothing is known
    assert found.overall.value == pytest.approx(0.4 * 2 / 3 + 0.4 * 2 / 3 + 0.2)
    assert np.isnan(found.overall.error)
    np.testing.assert_allclose(found.users.error[:2], np.sqrt(2 / 9 / 2))
    assert np.isnan(found.users.error[2])
    assert np.isnan(found.users.value[3])
