"""Draws are pure functions of their names, have the distributions they state, and never change their bits."""

import math

import pytest
import torch

from core.draws import Draws, key, order

DRAWS = Draws(key(0, "view", 3, 1), torch.arange(4000))


def within_5_sigma(sample: torch.Tensor, mean: float, deviation: float) -> bool:
    return abs(sample.double().mean().item() - mean) < 5 * deviation / math.sqrt(sample.numel())


def test_bits_never_change() -> None:
    """Every result stands on these numbers: a change here makes every old run another run."""
    draws = Draws(key(0, "view", 3, 1), torch.tensor([0, 1, 49999]))
    assert key(0, "order", 1) == 4004135407344543170
    assert draws.bits("area").tolist() == [-940158657682260627, 7482626702207038387, 6693435387806666781]
    assert draws.bits("area", 2).tolist() == [
        [-6415261623918706206, 5960251698835415816],
        [-3596543434075143938, -5139687508260923776],
        [1494660162043664366, -5468249245763095341],
    ]
    assert draws.named(0).bits("area").tolist() == [-1024346506770789037, -2454042951852249236, 951693647991941900]
    assert order(8, 0, "order", 1).tolist() == [5, 1, 7, 6, 2, 4, 0, 3]
    assert draws.integers("i", 10).tolist() == [9, 6, 4]
    assert draws.permutation("p", 4).tolist() == [[1, 0, 2, 3], [3, 1, 2, 0], [3, 2, 0, 1]]
    assert draws.uniform("u").tolist() == [0.7497493624687195, 0.6451252698898315, 0.24592602252960205]
    torch.testing.assert_close(draws.normal("n", 3)[0], torch.tensor([-1.7930070, -1.6650649, 0.5090901]))


@pytest.mark.parametrize("size", [(), (3,), (2, 3)])
def test_an_image_draws_the_same_in_any_company(size: tuple[int, ...]) -> None:
    some = torch.tensor([5, 3, 3999, 5])
    for draw in (Draws.bits, Draws.uniform, Draws.normal):
        assert draw(DRAWS, "x", *size).shape == (4000, *size)
        assert torch.equal(draw(Draws(DRAWS.base, some), "x", *size), draw(DRAWS, "x", *size)[some])


def test_drawing_leaves_nothing_behind() -> None:
    index = torch.arange(10)
    draws = Draws(7, index)
    first = draws.bits("x")
    draws.normal("x", 5)
    assert torch.equal(draws.bits("x"), first)
    assert torch.equal(index, torch.arange(10))


def test_uniform() -> None:
    drawn = DRAWS.uniform("x", 25, low=-2.0, high=4.0)
    assert drawn.min() >= -2.0
    assert drawn.max() < 4.0
    counts = torch.histc(drawn, bins=50, min=-2.0, max=4.0)
    chi_square = ((counts - 2000).square() / 2000).sum().item()
    assert abs(chi_square - 49) < 5 * math.sqrt(2 * 49)


def test_normal_has_the_moments_of_a_normal() -> None:
    drawn = DRAWS.normal("x", 25)
    moments = [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)]  # power, its mean, its variance
    for power, mean, variance in moments:
        assert within_5_sigma(drawn.double() ** power, mean, math.sqrt(variance))
    assert within_5_sigma(drawn[:, :-1] * drawn[:, 1:], 0.0, 1.0)
    assert within_5_sigma(drawn[:, 0] * drawn[:, 13], 0.0, 1.0)  # the two of one word


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (DRAWS, DRAWS.named("part")),
        (DRAWS.named(0), DRAWS.named(1)),
        (Draws(key(0, "view", 3, 0), DRAWS.index), DRAWS),
        (Draws(key(1, "view", 3, 1), DRAWS.index), DRAWS),
        (Draws(DRAWS.base, DRAWS.index + 1), DRAWS),
    ],
    ids=["part", "parts", "views", "seeds", "images"],
)
def test_other_names_draw_independently(first: Draws, second: Draws) -> None:
    product = (first.uniform("x") - 0.5) * (second.uniform("x") - 0.5)
    assert within_5_sigma(product, 0.0, 1 / 12)


def test_draws_of_one_image_are_independent() -> None:
    drawn = DRAWS.uniform("x", 6) - 0.5
    correlation = torch.corrcoef(drawn.T) - torch.eye(6)
    assert correlation.abs().max() < 5 / math.sqrt(4000)
    assert within_5_sigma((DRAWS.uniform("x") - 0.5) * (DRAWS.uniform("y") - 0.5), 0.0, 1 / 12)


def test_integers_are_uniform_also_where_their_number_differs_per_image() -> None:
    counts = torch.bincount(DRAWS.integers("x", 7), minlength=7)
    assert len(counts) == 7
    assert ((counts - 4000 / 7).square() / (4000 / 7)).sum() < 6 + 5 * math.sqrt(12)
    number = 1 + DRAWS.index % 7
    drawn = DRAWS.integers("x", number)
    assert ((drawn >= 0) & (drawn < number)).all()
    assert torch.equal(drawn[number == 7], DRAWS.integers("x", 7)[number == 7])


@pytest.mark.parametrize("probability", [0.0, 0.2, 0.8, 1.0])
def test_chance(probability: float) -> None:
    chosen = DRAWS.chance("x", probability)
    assert chosen.dtype == torch.bool
    assert abs(chosen.float().mean().item() - probability) <= 5 * math.sqrt(probability * (1 - probability) / 4000)


def test_permutations_are_uniform() -> None:
    drawn = DRAWS.permutation("x", 4)
    assert torch.equal(drawn.sort(1).values, torch.arange(4).expand(4000, 4))
    counts = torch.bincount((drawn * torch.tensor([64, 16, 4, 1])).sum(1), minlength=256)
    counts = counts[counts > 0].double()
    assert len(counts) == 24
    assert ((counts - 4000 / 24).square() / (4000 / 24)).sum() < 23 + 5 * math.sqrt(46)


def test_order_is_a_permutation_of_its_own_words() -> None:
    drawn = order(1000, 0, "order", 1)
    assert torch.equal(drawn.sort().values, torch.arange(1000))
    assert torch.equal(drawn, order(1000, 0, "order", 1))
    for words in ((1, "order", 1), (0, "order", 2), (0, "other", 1)):
        fixed = (drawn == order(1000, *words)).sum()
        assert fixed < 1 + 5  # a random permutation has one fixed point on average, variance one


def test_words_are_not_run_together() -> None:
    assert len({key(1, 23), key(12, 3), key("1", 23), key((1, 23)), key(123)}) == 5
