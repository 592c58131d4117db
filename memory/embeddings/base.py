"""What an embedder is, and which one is in use."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Protocol

import numpy as np
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.utils.module_loading import import_string

from memory.embeddings.cache import Cached
from memory.errors import EmbedderUnavailable

QUESTIONS = 16  # embedded at a time in one process; a remote embedder is mostly waited for
_beside = ThreadPoolExecutor(QUESTIONS, thread_name_prefix="embed")


class Embedder(Protocol):
    """`name` stands in each row that it made a vector for; vectors of two names are never compared."""

    @property
    def name(self) -> str: ...

    @property
    def remote(self) -> bool:
        """Asked over a network: its vectors are worth keeping in Redis."""
        ...

    def embed(self, texts: list[str]) -> np.ndarray:
        """Vectors of unit length for texts: float32, shape (len(texts), dimension). Raises EmbedderUnavailable."""
        ...


def current() -> Embedder:
    """The embedder of the tenant whose schema the connection is in; the one that settings name for the others."""
    return named(chosen())


def chosen() -> str:
    """Its key in settings.EMBEDDERS."""
    return getattr(getattr(connection, "tenant", None), "embedder", "") or settings.EMBEDDER


def provider() -> str:
    """What runs the model of the embedder in use: `onnx`, `sentence`, `openai`."""
    return str(settings.EMBEDDERS[chosen()]).split(".")[-2]


@cache
def named(key: str) -> Embedder:
    """The embedder of a key of settings.EMBEDDERS; made once per process, its model loaded at first use."""
    if key not in settings.EMBEDDERS:
        raise ImproperlyConfigured(f"There is no embedder {key!r}; there are {', '.join(settings.EMBEDDERS)}.")
    return Cached(import_string(settings.EMBEDDERS[key])(key))


def soon(embedder: Embedder, text: str) -> Callable[[], list[float] | None]:
    """Begin to embed a text beside what the caller does next; a function that waits for its vector.

    None while the embedder is not available.
    """
    return _beside.submit(_vector, embedder, text).result


def _vector(embedder: Embedder, text: str) -> list[float] | None:
    try:
        return embedder.embed([text])[0].tolist()
    except EmbedderUnavailable:
        return None


def warm() -> None:
    """Load the model now, so that nobody's request waits for it."""
    named(settings.EMBEDDER).embed([""])
