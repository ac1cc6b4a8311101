"""Random numbers with names: each is a pure function of (seed, purpose, epoch, image, view, name).

No generator has a state to save, so another head, batch size, chunk, number of processes or a resumed run changes no
other draw. The mixer is SplitMix64's finalizer (Steele, Lea & Flood 2014) in 64-bit integers: the same bits on any
device.
"""

import hashlib
import math
import random
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

_GOLDEN = 0x9E3779B97F4A7C15


def key(*words: object) -> int:
    """A 64-bit key for these words, as a signed integer: `key(seed, "order", epoch)`."""
    digest = hashlib.blake2b(repr(words).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def seed_libraries(*words: object) -> None:
    """Seed, by these words, the generators that one's own parts may draw from: torch's, NumPy's and Python's."""
    seed = key(*words)
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)
    random.seed(seed)


def order(number: int, *words: object) -> Tensor:
    """A permutation of range(number), shape (number,), int64, named by `words`."""
    return torch.argsort(_mix(torch.arange(number) * _signed(_GOLDEN) + key(*words)), stable=True)


@dataclass(frozen=True)
class Draws:
    """Draws for a batch: `index` (N,) int64 names its images, `base` everything else."""

    base: int
    index: Tensor

    def named(self, name: object) -> "Draws":
        """Draws independent of these, for a part of an augmentation."""
        return replace(self, base=key(self.base, name))

    def bits(self, name: str, *size: int) -> Tensor:
        """Random 64-bit integers, shape (N, *size)."""
        image = _mix(self.index * _signed(_GOLDEN) + key(self.base, name))
        if not size:
            return image
        counter = torch.arange(1, math.prod(size) + 1, device=self.index.device) * _signed(_GOLDEN)
        return _mix(image[:, None] + counter).view(-1, *size)

    def uniform(self, name: str, *size: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Uniform on [low, high), float32, shape (N, *size)."""
        return _unit(_shift(self.bits(name, *size), 40)).mul_(high - low).add_(low)

    def normal(self, name: str, *size: int) -> Tensor:
        """Standard normal, float32, shape (N, *size), by Box and Muller: each word gives two."""
        number = math.prod(size)
        bits = self.bits(name, (number + 1) // 2)
        radius = _unit(_shift(bits, 40)).neg_().log1p_().mul_(-2.0).sqrt_()
        angle = _unit(bits.bitwise_and_((1 << 24) - 1)).mul_(2.0 * math.pi)
        pairs = torch.cat((angle.cos().mul_(radius), angle.sin_().mul_(radius)), dim=1)
        return pairs[:, :number].reshape(-1, *size)

    def integers(self, name: str, number: int | Tensor) -> Tensor:
        """Uniform on range(number), int64, shape (N,); `number` may differ per image, (N,) int64."""
        return _shift(self.bits(name), 32) * number >> 32

    def chance(self, name: str, probability: float) -> Tensor:
        """True with this probability, bool, shape (N,)."""
        return self.uniform(name) < probability

    def permutation(self, name: str, number: int) -> Tensor:
        """A permutation of range(number) for each image, int64, shape (N, number)."""
        return torch.argsort(self.bits(name, number), dim=1)


def _signed(word: int) -> int:
    return word - (1 << 64) if word >= 1 << 63 else word


def _shift(bits: Tensor, places: int) -> Tensor:
    """A logical right shift; torch's own repeats the sign."""
    return (bits >> places).bitwise_and_((1 << (64 - places)) - 1)


def _unit(bits: Tensor) -> Tensor:
    """24-bit integers as float32 in [0, 1)."""
    return bits.to(torch.float32).mul_(2.0**-24)


def _mix(bits: Tensor) -> Tensor:
    """SplitMix64's finalizer, in place: a batch of noise is large, and its memory is what takes the time."""
    bits.bitwise_xor_(_shift(bits, 30)).mul_(_signed(0xBF58476D1CE4E5B9))
    bits.bitwise_xor_(_shift(bits, 27)).mul_(_signed(0x94D049BB133111EB))
    return bits.bitwise_xor_(_shift(bits, 31))
