"""Summaries out of the texts' own sentences: which to keep, and how they are put together. Nothing is invented or cut.

Sentences are ranked as in LexRank (Erkan and Radev, 2004): a sentence is central when central sentences share its
telling words. That is weighed with how well each stands alone (sentences.worth), and chosen one by one so that none
says again what is there (maximal marginal relevance; Carbonell and Goldstein, 1998). They stay in their order, each
beside who said it and when.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

import numpy as np

from memory.algorithms import sentences

MOST = 400  # sentences that are weighed against each other; of more, the best alone
OF_ONE = 40  # sentences of one text that are looked at
DAMPING, ROUNDS = 0.85, 30
FRESH = 0.7  # weight of a sentence's score against its likeness to what is chosen
AGAIN = 0.6  # likeness to a chosen sentence from which it says the same
LEAST = 0.12  # of worth: who tells less than this is left out while others are there
NAMES = 3  # that a heading tells


@dataclass(frozen=True)
class Told:
    """One thing to summarize: its words, who said it (empty for a note), and when."""

    words: str
    at: datetime
    who: str = ""
    trusted: bool = True
    confidence: float = 1.0


@dataclass(frozen=True)
class Sentence:
    words: str
    text: int  # which of the texts it is from
    worth: float


def summary(texts: Sequence[Told], most: int) -> str:
    """Up to `most` whole sentences of these texts, in order, with who said them and when. Empty when none tells."""
    return composed(texts, chosen(texts, most))


def chosen(texts: Sequence[Told], most: int) -> list[Sentence]:
    """The sentences worth keeping, in the order of the texts."""
    pool = candidates(texts)
    if not pool:
        return []
    likeness = alike([sentences.telling(one.words) for one in pool])
    score = central(likeness) * np.array([one.worth for one in pool])
    return [pool[i] for i in sorted(_marginal(score, likeness, [one.text for one in pool], most))]


def candidates(texts: Sequence[Told]) -> list[Sentence]:
    """Sentences that may be kept, each once; questions and small talk only where there is nothing else."""
    found: dict[str, Sentence] = {}
    for place, told in enumerate(texts):
        for words in sentences.split(told.words)[:OF_ONE]:
            plain = sentences.opened(words)
            found.setdefault(plain.casefold(), Sentence(plain, place, sentences.worth(plain, bool(told.who))))
    pool = list(found.values())
    telling = [one for one in pool if one.worth >= LEAST] or pool
    best = sorted(telling, key=lambda one: -one.worth)[:MOST]
    return [one for one in telling if one in best] if len(telling) > MOST else telling


def alike(bags: Sequence[Sequence[str]]) -> np.ndarray:
    """Cosines of the bags of words by tf-idf; shape (n, n), 0 to 1."""
    known = {word: place for place, word in enumerate(sorted({word for bag in bags for word in bag}))}
    width = max(len(known), 1)
    places = [row * width + known[word] for row, bag in enumerate(bags) for word in bag]
    counts = np.bincount(np.array(places, dtype=int), minlength=len(bags) * width).reshape(len(bags), width)
    weighed = counts * np.log1p(len(bags) / np.maximum((counts > 0).sum(axis=0), 1))
    lengths = np.linalg.norm(weighed, axis=1, keepdims=True)
    unit = weighed / np.where(lengths > 0, lengths, 1.0)
    return (unit @ unit.T).clip(0.0, 1.0)


def central(likeness: np.ndarray) -> np.ndarray:
    """LexRank of each sentence, scaled so that the greatest is 1 and the mean of a flat text too; at least 0.4."""
    links = likeness - np.diag(np.diag(likeness))
    sums = links.sum(axis=1, keepdims=True)
    n = len(links)
    steps = np.where(sums > 0, links / np.where(sums > 0, sums, 1.0), 1.0 / n)
    rank = np.full(n, 1.0 / n)
    for _ in range(ROUNDS):
        rank = (1 - DAMPING) / n + DAMPING * (steps.T @ rank)
    return 0.4 + 0.6 * rank / rank.max()


def _marginal(score: np.ndarray, likeness: np.ndarray, texts: Sequence[int], most: int) -> list[int]:
    """Places of up to `most` sentences; none says a chosen one again, and a text gives two at most."""
    kept: list[int] = []
    score = np.round(score, 9)  # equal scores are equal on every machine
    while len(kept) < most:
        near = likeness[:, kept].max(axis=1) if kept else np.zeros(len(score))
        value = FRESH * score - (1 - FRESH) * near
        given = Counter(texts[k] for k in kept)
        full = [given[text] >= 2 for text in texts]
        value[(near >= AGAIN) | np.array(full)] = -np.inf
        value[kept] = -np.inf
        best = int(value.argmax())
        if value[best] == -np.inf:
            break
        kept.append(best)
    return kept


def composed(texts: Sequence[Told], kept: Sequence[Sentence]) -> str:
    """`Ada and Ben talked on 8 May 2023. Ada: “…” Ben: “…”`; notes stand as they are, behind their day."""
    if not kept:
        return ""
    told = [texts[one.text] for one in kept]
    speakers = _in_order(text.who for text in texts if text.who)
    days = sorted({text.at.date() for text in texts})
    talk = len(speakers) > 1 and all(text.who for text in told)
    heading = [f"{listed(speakers)} talked {between(days)}."] if talk else []
    dated = not talk or len(days) > 1
    return " ".join([*heading, *_runs(texts, kept, dated)])


def _runs(texts: Sequence[Told], kept: Sequence[Sentence], dated: bool) -> Iterator[str]:
    """The sentences of one speaker on one day after each other. A day that is told goes on until another is."""
    last: date | None = None
    for (day, who), run in groupby(kept, key=lambda one: (texts[one.text].at.date(), texts[one.text].who)):
        words = " ".join(_ended(one.words) for one in run)
        on = f"On {written(day)}" if dated and day != last else ""
        last = day
        if who:
            yield f"{on} {_inside(who)} said: “{words}”" if on else f"{who}: “{words}”"
        else:
            yield f"{on}: {words}" if on else words


def _inside(who: str) -> str:
    """Who is no name, such as `The user`, within a sentence."""
    first, _, rest = who.partition(" ")
    return f"{first.lower()} {rest}" if rest and first in ("The", "A") else who


def _ended(sentence: str) -> str:
    """A note that nobody ended is ended."""
    return sentence if not (sentence[-1].isalnum() or sentence[-1] in ",;") else sentence.rstrip(",; ") + "."


def _in_order(names: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(names))


def listed(names: Sequence[str]) -> str:
    """`Ada`, `Ada and Ben`, `Ada, Ben and 3 others`."""
    told = [*names[:NAMES], f"{len(names) - NAMES} others"] if len(names) > NAMES + 1 else list(names)
    return " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)


def between(days: Sequence[date]) -> str:
    """`on 8 May 2023`, `from 8 May to 12 June 2023`."""
    first, last = days[0], days[-1]
    if first == last:
        return f"on {written(first)}"
    began = f"{first.day} {first:%B}" if first.year == last.year else written(first)
    return f"from {began} to {written(last)}"


def written(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
