"""Long texts as stretches that a model can read whole."""

import re
from dataclasses import dataclass

READS = 225.0  # weight of a stretch, about its tokens: the model reads 256, and who said it when takes some
OVERLAP = 40.0  # weight that is told again at the start of the next stretch, so that no thought loses its ground
LONGEST = 1_048_576  # characters of a text that get vectors
OPENING = 10_000  # characters in which the first stretch ends, unless they are blank
# A word, a run of blanks, or any other character alone: what a tokenizer would cut at.
PIECE = re.compile(r"[A-Za-z]{1,40}|\s+|.", re.DOTALL)
ENDING = re.compile(r"[.!?。！？]\s|\n")
COMMON_WORD, LETTERS_PER_TOKEN = 6, 3.0  # up to so many letters are one token; a longer word is cut


@dataclass(frozen=True)
class Stretch:
    """Characters `start` (inclusive) to `end` (exclusive) of a text."""

    start: int
    end: int


@dataclass(frozen=True)
class _Part:
    """A sentence, or some words of a long one: never cut again."""

    start: int
    end: int
    weight: float


def split(text: str) -> list[Stretch]:
    """Stretches that cover a text, in order, cut between sentences where that is possible.

    Each but the first begins with up to OVERLAP of the one before. A short text is one stretch; only the first
    LONGEST characters are covered.
    """
    if len(text) <= READS:  # a character is a token at most
        return [Stretch(0, len(text))]
    parts = _parts(text[:LONGEST])
    found: list[Stretch] = []
    first = last = 0
    while last < len(parts):
        last = _as_many(parts, first)
        found.append(Stretch(parts[first].start, parts[last - 1].end))
        first = _told_again(parts, first, last)
    return found


def opening(text: str) -> str:
    """The first stretch: what a memory's own vector stands for."""
    return text[: split(text[:OPENING])[0].end]


def is_long(text: str) -> bool:
    """Whether it is more than one stretch."""
    return len(opening(text)) < len(text)


def _as_many(parts: list[_Part], first: int) -> int:
    """The end of the parts from `first` that weigh READS together, at least one."""
    last, weight = first + 1, parts[first].weight
    while last < len(parts) and weight + parts[last].weight <= READS:
        weight += parts[last].weight
        last += 1
    return last


def _told_again(parts: list[_Part], first: int, last: int) -> int:
    """Where the next stretch begins: as many parts before `last` as weigh OVERLAP and leave room for a new one."""
    start, weight = last, 0.0
    room = READS - parts[last].weight if last < len(parts) else 0.0
    while start - 1 > first and weight + parts[start - 1].weight <= min(OVERLAP, room):
        start -= 1
        weight += parts[start].weight
    return start


def _parts(text: str) -> list[_Part]:
    """The text in sentences; one heavier than a stretch's overlap may be cut between its words."""
    parts: list[_Part] = []
    start, weight = 0, 0.0
    for piece in PIECE.finditer(text):
        heavy = _weight(piece[0])
        if weight and weight + heavy > READS:
            parts.append(_Part(start, piece.start(), weight))
            start, weight = piece.start(), 0.0
        weight += heavy
        if ENDING.match(text, piece.end() - 1):
            parts.append(_Part(start, piece.end(), weight))
            start, weight = piece.end(), 0.0
    if start < len(text):
        parts.append(_Part(start, len(text), weight))
    return parts


def _weight(piece: str) -> float:
    if piece.isspace():
        return 0.0
    return 1.0 if len(piece) <= COMMON_WORD else len(piece) / LETTERS_PER_TOKEN
