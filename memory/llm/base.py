"""What a writer is, and which one is in use."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from memory.algorithms.gisting import Gist
from memory.algorithms.summarizing import Told


@dataclass(frozen=True)
class Written:
    """What was written, by which writer, and what it cost: calls of a model and its tokens.

    `text` is empty when there was nothing to say. `failed` says in a few words, without content, why the writer that
    was asked did not write it itself.
    """

    text: str
    by: str
    kept: tuple[Told, ...] = ()  # what a summary of several summaries is made of in the place of this one
    gist: Gist | None = None
    failed: str = ""
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0


class Writer(Protocol):
    """It always answers: one that asks a model gives what the extractive one writes while the model cannot."""

    @property
    def name(self) -> str: ...

    def summarize(self, texts: Sequence[Told], most: int) -> Written:
        """A summary of texts in their order, of about `most` sentences, that is understood without them."""
        ...

    def gist(self, texts: Sequence[Told]) -> Written:
        """The one statement that texts about the same thing come to, in `gist` and `text`."""
        ...


def current() -> Writer:
    """The writer that settings name."""
    return named(settings.WRITER)


@cache
def named(key: str) -> Writer:
    """The writer of a key of settings.WRITERS, made once per process."""
    if key not in settings.WRITERS:
        raise ImproperlyConfigured(f"There is no writer {key!r}; there are {', '.join(settings.WRITERS)}.")
    return import_string(settings.WRITERS[key])(key)
