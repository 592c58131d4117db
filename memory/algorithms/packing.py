"""Fitting texts into a budget of tokens: the best first, no two that say the same."""

import math
import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

NEAR = 0.9  # from this share of common words and word pairs on, two texts of one speaker say the same
LEAST_CUT = 16  # tokens: a piece shorter than this is not worth handing out
ELLIPSIS = " …"
# A text that has one of these, or a number, where its twin has none, says something else.
TURNS = frozenset(
    {"no", "not", "never", "none", "nobody", "nothing", "cannot", "can", "without", "isn", "aren", "wasn", "don"}
    | {"doesn", "didn", "won", "nicht", "kein", "keine", "nie", "ohne", "ne", "pas", "jamais", "nunca"}
)
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


@dataclass(frozen=True)
class Item:
    """A text that asks for room. `frame` is what its surroundings cost, in tokens; a higher score comes first."""

    key: Hashable
    text: str
    score: float = 0.0
    frame: int = 0
    section: Any = ""  # hashable, and the caller's own
    session: Hashable = None
    who: str = ""


@dataclass(frozen=True)
class Choice:
    """An item that found room: its text, shorter than the item's when `cut`, and what it costs with its frame."""

    item: Item
    text: str
    tokens: int
    cut: bool = False


@dataclass(frozen=True)
class Packed:
    """What fits, in the order of score; `used` is never above the budget."""

    chosen: tuple[Choice, ...] = ()
    used: int = 0
    repeats: int = 0  # left out, as something chosen says the same
    crowded: int = 0  # left out for want of room


def tokens(text: str) -> int:
    """How many tokens a text costs, estimated without any model's vocabulary.

    Four characters are a token, as OpenAI's rule of thumb for English says. Beyond Latin letters, vocabularies hold
    shorter pieces: two characters up to U+08FF (Greek, Cyrillic, Hebrew, Arabic), one from there on (Indic scripts,
    Chinese, Japanese, Korean, emoji). The parts of a text never cost less than the text.
    """
    return math.ceil(_quarters(text) / 4)


def _quarters(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(1 if char < "\u0250" else 2 if char < "\u0900" else 4 for char in text)


def cut(text: str, room: int) -> str:
    """The beginning of a text that costs at most `room` tokens, ended at a word and with an ellipsis."""
    quarters, end = room * 4 - _quarters(ELLIPSIS), 0
    for end, char in enumerate(text):  # noqa: B007  where it stops is the answer
        quarters -= _quarters(char)
        if quarters < 0:
            break
    space = text.rfind(" ", 0, end)
    kept = text[: space if space > end * 0.6 else end].rstrip()
    return kept + ELLIPSIS if kept else ""


def pack(
    items: Iterable[Item],
    budget: int,
    *,
    headings: Mapping[Hashable, int] | None = None,
    beside: Sequence[Choice] = (),
    truncate: bool = False,
    per_session: int = 0,
    near: float = NEAR,
) -> Packed:
    """Choose items by score until the budget is used, ties in the order given; a smaller one may fill a gap.

    `headings` is what the first item of a section costs beside itself. What says the same as something chosen, or as
    something in `beside`, is left out (`near` above 1: nothing is). With `per_session`, only so many of one session
    come before everybody else's. `truncate` cuts the first that does not fit, and ends there.
    """
    headings = headings or {}
    chosen: list[Choice] = []
    opened = {choice.item.section for choice in beside}
    heard = [(choice.item.who, _said(choice.text)) for choice in beside]
    used = repeats = crowded = 0
    full = False
    for item in _in_turn(items, per_session):
        around = item.frame + (0 if item.section in opened else headings.get(item.section, 0))
        text = "" if full else _fitting(item.text, budget - used - around, truncate)
        if not text:
            crowded += 1
            continue
        said = _said(text)
        if any(who == item.who and same(said, other, near) for who, other in heard):
            repeats += 1
            continue
        choice = Choice(item, text, around + tokens(text), text != item.text)
        used, full = used + choice.tokens, choice.cut
        chosen.append(choice)
        opened.add(item.section)
        heard.append((item.who, said))
    chosen.sort(key=lambda choice: -choice.item.score)
    return Packed(tuple(chosen), used, repeats, crowded)


def _in_turn(items: Iterable[Item], per_session: int) -> list[Item]:
    """By score; beyond `per_session`, the items of a session wait behind all others."""
    best = sorted(items, key=lambda item: -item.score)
    if not per_session:
        return best
    first: list[Item] = []
    later: list[Item] = []
    met: dict[Hashable, int] = {}
    for item in best:
        met[item.session] = met.get(item.session, 0) + 1
        waits = item.session is not None and met[item.session] > per_session
        (later if waits else first).append(item)
    return first + later


def _fitting(text: str, room: int, truncate: bool) -> str:
    if tokens(text) <= room:
        return text
    return cut(text, room) if truncate and room >= LEAST_CUT else ""


def _said(text: str) -> frozenset[str]:
    """The words of a text and the pairs of words that stand side by side: who did what to whom is in the pairs."""
    words = WORD.findall(text.casefold())
    return frozenset(words) | {f"{a} {b}" for a, b in pairwise(words)}


def same(one: frozenset[str], other: frozenset[str], near: float = NEAR) -> bool:
    """Whether two texts, as words and pairs, say the same: Jaccard's measure, and no number or negation apart."""
    if min(len(one), len(other)) < near * max(len(one), len(other)):
        return False
    apart = one ^ other
    if any(word in TURNS or any(char.isdigit() for char in word) for word in apart):
        return False
    return len(one & other) >= near * len(one | other)
