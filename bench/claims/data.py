"""Handwritten digits: scikit-learn's 1797 of 8 by 8 pixels, or generated ones of the same shape without it.

Nothing is downloaded. This file must not know any network.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

SIDE, CLASSES, SAMPLES = 8, 10, 1797


@dataclass(frozen=True)
class Digits:
    """Images of mean 0 and deviation 1 over all pixels, their labels, and where they come from."""

    images: np.ndarray
    labels: np.ndarray
    origin: str

    @property
    def rows(self) -> np.ndarray:
        """The images as vectors."""
        return self.images.reshape(len(self.images), -1)

    def first(self, count: int) -> Digits:
        """Return so many of them: they are in no order."""
        return Digits(self.images[:count], self.labels[:count], self.origin)


def digits(generator: np.random.Generator, count: int = SAMPLES) -> Digits:
    """Return digits in an order drawn anew."""
    found = _loaded()
    order = generator.permutation(len(found.labels))
    return Digits(found.images[order], found.labels[order], found.origin).first(count)


@cache
def _loaded() -> Digits:
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        images, labels = _generated()
        origin = f"{SAMPLES} generated 8 by 8 images of ten classes, as scikit-learn is not installed"
    else:
        found = load_digits()
        images, labels = found.images, found.target
        origin = f"scikit-learn's {len(labels)} handwritten digits of 8 by 8 pixels"
    images = images.astype(np.float32)
    return Digits((images - images.mean()) / images.std(), labels, origin)


def _generated() -> tuple[np.ndarray, np.ndarray]:
    """Return ten smooth patterns, each many times with other brightness, place and noise."""
    generator = np.random.default_rng(0)
    rough = generator.normal(size=(CLASSES, SIDE, SIDE))
    smooth = sum(np.roll(rough, (down, right), (1, 2)) for down in (-1, 0, 1) for right in (-1, 0, 1)) / 3
    labels = generator.integers(CLASSES, size=SAMPLES)
    moved = [np.roll(smooth[label], generator.integers(-1, 2, size=2), (0, 1)) for label in labels]
    brightness = generator.uniform(0.6, 1.4, (SAMPLES, 1, 1))
    return brightness * np.array(moved) + generator.normal(0, 0.35, (SAMPLES, SIDE, SIDE)), labels
