"""What an embedder is, and which one is in use."""

from functools import cache
from typing import Protocol

import numpy as np
from django.conf import settings
from django.utils.module_loading import import_string


class Embedder(Protocol):
    name: str
    dimension: int

    def embed(self, texts: list[str]) -> np.ndarray:
        """Vectors of unit length for texts: float32, shape (len(texts), dimension)."""
        ...


@cache
def current() -> Embedder:
    """The embedder that settings name; made once per process, its model loaded at first use."""
    return import_string(settings.EMBEDDERS[settings.EMBEDDER])(settings.EMBEDDER)


def warm() -> None:
    """Load the model now, so that nobody's request waits for it."""
    current().embed([""])
