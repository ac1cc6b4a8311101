"""The equations of the losses as plain loops over lists of numbers (Eq. 1, Table 2, App. B.10), and views to try."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

Vector = list[float]
Triplet = Callable[[float, float], float]


def near_views(number: int = 8, width: int = 4, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Unit vectors; the views of an image are near to each other."""
    generator = torch.Generator().manual_seed(seed)
    first, noise = torch.randn(2, number, width, generator=generator, dtype=torch.float64)
    second = first + 0.7 * noise
    return first / first.norm(dim=1, keepdim=True), second / second.norm(dim=1, keepdim=True)


def dot(u: Vector, v: Vector) -> float:
    return sum(a * b for a, b in zip(u, v, strict=True))


def on_sphere(views: list[Vector], normalize: bool) -> list[Vector]:
    return [[a / math.sqrt(dot(u, u)) for a in u] for u in views] if normalize else views


def nt_xent_loop(
    first: list[Vector], second: list[Vector], temperature: float, normalize: bool, one_view: bool
) -> float:
    """Anchors are all 2N embeddings; k runs over all others, or over the other view."""
    number, total = len(first), 0.0
    z = on_sphere(first, normalize) + on_sphere(second, normalize)
    for i in range(2 * number):
        j = (i + number) % (2 * number)
        others = [k for k in range(2 * number) if k != i and not (one_view and (k < number) == (i < number))]
        terms = [math.exp(dot(z[i], z[k]) / temperature) for k in others]
        total += -math.log(math.exp(dot(z[i], z[j]) / temperature) / sum(terms))
    return total / (2 * number)


def multi_positive_loop(views: list[list[Vector]], temperature: float) -> float:
    """Khosla et al. 2020, Eq. 3: the other views of the anchor's image, summed inside the logarithm."""
    number = len(views[0])
    z = [u for view in views for u in on_sphere(view, normalize=True)]
    total = 0.0
    for i in range(len(z)):
        terms = {k: math.exp(dot(z[i], z[k]) / temperature) for k in range(len(z)) if k != i}
        positive = sum(term for k, term in terms.items() if k % number == i % number)
        total += -math.log(positive / sum(terms.values()))
    return total / len(z)


def nt_logistic_loop(
    first: list[Vector], second: list[Vector], temperature: float, normalize: bool, semi_hard: bool
) -> float:
    def triplet(positive: float, negative: float) -> float:
        return math.log(1 + math.exp(-positive / temperature)) + math.log(1 + math.exp(negative / temperature))

    return _triplet_loop(triplet, on_sphere(first, normalize), on_sphere(second, normalize), semi_hard, math.inf)


def margin_loop(first: list[Vector], second: list[Vector], margin: float, normalize: bool, semi_hard: bool) -> float:
    def triplet(positive: float, negative: float) -> float:
        return max(negative - positive + margin, 0.0)

    return _triplet_loop(triplet, on_sphere(first, normalize), on_sphere(second, normalize), semi_hard, margin)


def _triplet_loop(triplet: Triplet, first: list[Vector], second: list[Vector], semi_hard: bool, margin: float) -> float:
    terms = []
    for anchors, others in ((first, second), (second, first)):
        for i, u in enumerate(anchors):
            positive = dot(u, others[i])
            negatives = [dot(u, v) for j, v in enumerate(others) if j != i]
            if semi_hard:
                eligible = [n for n in negatives if positive - margin < n < positive]
                terms.append(triplet(positive, max(eligible)) if eligible else 0.0)
            else:
                terms += [triplet(positive, negative) for negative in negatives]
    return sum(terms) / len(terms)


def contrastive_loop(
    first: list[Vector], second: list[Vector], temperature: float, normalize: bool
) -> tuple[float, float]:
    """Top-1 in percent and entropy in nats, means over the anchors of both views."""
    first, second = on_sphere(first, normalize), on_sphere(second, normalize)
    right, entropies = [], []
    for anchors, others in ((first, second), (second, first)):
        for i, u in enumerate(anchors):
            similarities = [dot(u, v) for v in others]
            weights = [math.exp(similarity / temperature) for similarity in similarities]
            shares = [weight / sum(weights) for weight in weights]
            right.append(similarities.index(max(similarities)) == i)
            entropies.append(-sum(share * math.log(share) for share in shares if share > 0))
    return 100 * sum(right) / len(right), sum(entropies) / len(entropies)
