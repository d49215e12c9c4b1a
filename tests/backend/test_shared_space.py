"""What is said of a space that weights share: read back, judged, and named."""

import json

import pytest
from mmearth.weights.shared_space import SharedSpace, read_space


def measured(retrieval, cosine, deranged=0.1, chance=0.01):
    return {"retrieval": retrieval, "chance": chance, "cosine": cosine, "deranged_cosine": deranged}


def space(**stages):
    return SharedSpace("a" * 8, "atto", {int(name[1:]): values for name, values in stages.items()})


def test_what_is_written_is_read():
    written = space(s0=measured(0.2, 0.5), s3=measured(0.9, 0.8))
    assert read_space(json.loads(json.dumps(written.to_json()))) == written
    assert read_space(written.to_json((3,))) == space(s3=measured(0.9, 0.8))
    assert read_space(None) is None


@pytest.mark.parametrize(
    "stored",
    [
        "atto",
        {},
        {"sha256": "", "taught_by": "atto", "agreement": {}},
        {"sha256": "aa", "taught_by": 3, "agreement": {}},
        {"sha256": "aa", "taught_by": "atto", "agreement": [1]},
        {"sha256": "aa", "taught_by": "atto", "agreement": {"3": {"cosine": 1.0}}},
        {"sha256": "aa", "taught_by": "atto", "agreement": {"last": measured(0.5, 0.5)}},
        {"sha256": "aa", "taught_by": "atto", "agreement": {"3": measured(0.5, float("nan"))}},
    ],
)
def test_something_else_is_refused(stored):
    with pytest.raises(ValueError, match="space"):
        read_space(stored)


def test_poor_is_less_than_five_times_chance_or_hardly_nearer_to_its_own_ground():
    assert space(s3=measured(0.05, 0.9)).poor == ()
    assert space(s3=measured(0.049, 0.9)).poor == (3,)
    assert space(s3=measured(0.9, 0.31)).poor == ()
    assert space(s3=measured(0.9, 0.29)).poor == (3,)


def test_the_weakest_stage_is_a_poor_one_before_all_others():
    assert space(s0=measured(0.3, 0.9), s3=measured(0.6, 0.9)).weakest == 0
    assert space(s0=measured(0.3, 0.9), s3=measured(0.9, 0.2)).weakest == 3
    assert space().weakest is None


def test_stronger_stages_are_twice_as_good_as_the_weakest():
    found = space(s0=measured(0.2, 0.9), s1=measured(0.39, 0.9), s2=measured(0.4, 0.9), s3=measured(0.9, 0.2))
    assert found.stronger == (0, 1, 2)  # the weakest is poor
    found = space(s0=measured(0.2, 0.9), s1=measured(0.39, 0.9), s2=measured(0.4, 0.9))
    assert found.stronger == (2,)
    assert space().stronger == ()
