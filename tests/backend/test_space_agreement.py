"""Agreement of two spaces: retrieval and cosines, against counts and sums written out."""

import numpy as np
import pytest
import torch
from mmearth.adaptation import space_agreement
from mmearth.adaptation.footprint import pool_tokens
from mmearth.adaptation.space_agreement import agreement, retrieval


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def cosines(student, teacher):
    ours, theirs = student.double().numpy(), teacher.double().numpy()
    return np.array([[a @ b / np.linalg.norm(a) / np.linalg.norm(b) for b in theirs] for a in ours])


def test_retrieval_counts_tokens_whose_own_is_nearest():
    teacher = torch.eye(4)
    student = torch.stack([teacher[0] * 5, teacher[2], teacher[2] + 0.1 * teacher[0], teacher[0]])
    assert retrieval(student, teacher) == 0.5
    # By angle, not by distance or product: a long vector nearby attracts nobody.
    assert retrieval(teacher, teacher * torch.tensor([[1.0], [100.0], [0.01], [1.0]])) == 1


def test_retrieval_agrees_with_a_full_table(monkeypatch):
    monkeypatch.setattr(space_agreement, "CHUNK_TOKENS", 7)
    teacher = draw(30, 8)
    student = teacher + draw(30, 8, seed=1)
    wanted = np.mean(cosines(student, teacher).argmax(axis=1) == np.arange(30))
    assert 0.1 < wanted < 1
    assert retrieval(student, teacher) == pytest.approx(wanted)


def test_a_space_in_which_all_is_alike_scores_as_chance():
    assert retrieval(torch.ones(8, 3), torch.ones(8, 3)) == pytest.approx(1 / 8)


def test_a_shift_by_a_token_spoils_retrieval():
    maps = draw(6, 16, 12, 12)
    teacher = pool_tokens(maps, (3, 3))

    def rows(tokens):
        return tokens.permute(0, 2, 3, 1).flatten(0, 2)

    found = [retrieval(rows(pool_tokens(maps.roll(shift, dims=3), (3, 3))), rows(teacher)) for shift in (0, 1, 4)]
    assert found[0] == 1
    assert found[0] > found[1] > found[2]
    assert found[2] == 0


def test_agreement_gives_every_figure():
    teacher = draw(9, 5)
    student = teacher + 0.5 * draw(9, 5, seed=1)
    table = cosines(student, teacher)
    found = agreement(student, teacher)
    assert found == {
        "tokens": 9,
        "retrieval": pytest.approx(np.mean(table.argmax(axis=1) == np.arange(9)), abs=1e-6),
        "chance": pytest.approx(1 / 9, abs=1e-6),
        "cosine": pytest.approx(np.diagonal(table).mean(), abs=1e-6),
        "deranged_cosine": pytest.approx(table[~np.eye(9, dtype=bool)].mean(), abs=1e-6),
    }
    assert all(type(value) is float and value == round(value, 6) for value in found.values())


def test_deranged_pairs_score_far_below_true_ones():
    teacher = draw(50, 16)
    student = teacher + 0.3 * draw(50, 16, seed=1)
    true, deranged = agreement(student, teacher), agreement(student.roll(1, dims=0), teacher)
    assert true["retrieval"] > 0.9
    assert true["cosine"] > 0.9
    assert deranged["retrieval"] < 0.1
    assert deranged["cosine"] < 0.2
    assert abs(true["deranged_cosine"]) < 0.1


@pytest.mark.parametrize(("student", "teacher"), [((1, 4), (1, 4)), ((3, 4), (2, 4))])
def test_agreement_refuses_what_it_cannot_compare(student, teacher):
    with pytest.raises(ValueError, match="two or more tokens of each"):
        agreement(torch.zeros(student), torch.zeros(teacher))
