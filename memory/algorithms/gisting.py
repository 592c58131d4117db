"""Gists: what several memories come to, what a good one is, and whether it is known already.

The rules are those of the Cognitive Memory Layer's consolidation.
"""

import hashlib
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from memory.algorithms import sentences, summarizing
from memory.algorithms.summarizing import Told

OVERLAP, MIXED_OVERLAP, MIXED_BELOW = 0.3, 0.5, 0.7
SAME_WORDS = 0.7  # Jaccard index from which two gists say the same
UNSURE = (0.45, 0.75)  # bounds of the confidence in a gist that no model wrote
GENERIC = re.compile(
    r"(?:various|several|different|many) (?:topics|things|subjects|matters|aspects)|(?:had|have) a conversation"
    r"|(?:users?|they|people|the speakers?) (?:talked|discussed|chatted|interacted)|\bsome information\b"
    r"|\bgeneral (?:information|discussion|topic)|no (?:clear|specific) (?:fact|pattern|information)"
    r"|(?:these|the) memories (?:are about|discuss|describe|contain)|as an ai\b",
    re.IGNORECASE,
)
PREFERENCE = re.compile(
    r"\b(?:prefers?|my favou?rites?|i (?:really |just |always )?(?:love|like|enjoy|hate|dislike)|can't stand"
    r"|(?:loves|likes|enjoys|hates|dislikes) )",
    re.IGNORECASE,
)
CONSTRAINT = re.compile(
    r"\b(?:allergic|i (?:can't|cannot|must|must not|mustn't|never|don't) (?:eat|drink|take|work|book|use|call|fly|do)"
    r"|(?:always|never) (?:use|book|call|send|write|ask|do|be)|(?:must|may) (?:not|never|always)\b"
    r"|is not allowed|vegan|vegetarian)\b",
    re.IGNORECASE,
)
LASTING = 0.6  # worth of a sentence that is kept as a fact, see sentences.worth
# What is named elsewhere: "the freedom it brings". Behind "so" and the like, or before "was", it is in the sentence.
LEANS = re.compile(
    r"\b(?:it|this|that|these|those|they|them|one)(?: (?:brings?|gives?|makes?|does|did|has)\b|[.!,;]?$|[.!]\s)"
    r"|\b(?:volunteer\w*|been|go|went|going|live|work\w*) (?:here|there)\b"
    r"|\b(?:about|of|for|to|with|from) (?:it|that|them|those)\b",
    re.IGNORECASE,
)
DAY = re.compile(r" said on \d{1,2} \w+ \d{1,4}:")
STATEMENTS = ("fact", "preference", "constraint")


@dataclass(frozen=True)
class Gist:
    """`kind` is one of STATEMENTS, `confidence` 0 to 1. `scope` says whose a preference or constraint is and what it is
    about: "ada tea".
    """

    text: str
    kind: str
    confidence: float
    scope: str = ""


def priority(importance: float, recalls: int, age_days: float) -> float:
    """How soon an episode is consolidated, 0 to 1, by the Cognitive Memory Layer's formula.

    0.4 * importance + 0.3 * min(ln(1 + recalls) / 5, 1) + 0.3 / (1 + 0.1 * age in days).
    """
    return 0.4 * importance + 0.3 * min(math.log1p(recalls) / 5, 1.0) + 0.3 / (1 + 0.1 * max(age_days, 0.0))


def sampled(priorities: Sequence[float], names: Sequence[str], most: int, day: date) -> list[int]:
    """Places of up to `most`: half by priority, half by lot of the day, so that nobody waits behind others forever."""
    order = sorted(range(len(names)), key=lambda place: (-round(priorities[place], 9), names[place]))
    first, rest = order[: most - most // 2], order[most - most // 2 :]
    lots = sorted(rest, key=lambda place: hashlib.sha256(f"{day} {names[place]}".encode()).digest())
    return [*first, *lots[: most // 2]]


def extracted(texts: Sequence[Told]) -> Gist | None:
    """The one sentence of these that says best what they have in common, with who said it and when; None when none is.

    Its confidence is that of the texts times 0.8, between 0.45 and 0.75.
    """
    kept = _most_central(texts)
    if kept is None:
        return None
    mean = sum(told.confidence for told in texts) / len(texts)
    confidence = round(min(max(0.8 * mean, UNSURE[0]), UNSURE[1]), 4)
    kind = kind_of(kept.words)
    told = texts[kept.text]
    scope = f"{told.who} {_about(texts, kept)}".strip() if kind != "fact" else ""
    text = f"{told.who} said on {summarizing.written(told.at.date())}: “{kept.words}”" if told.who else kept.words
    return Gist(text, kind, confidence, scope)


def _most_central(texts: Sequence[Told]) -> summarizing.Sentence | None:
    """Of the sentences that tell something, the one that shares most with all the texts."""
    pool = [one for one in summarizing.candidates(texts) if one.worth >= LASTING and not LEANS.search(one.words)]
    if not pool:
        return None
    alike = summarizing.alike([sentences.telling(one.words) for one in pool])
    shared = np.array([_shared(alike[i], [one.text for one in pool], one.text) for i, one in enumerate(pool)])
    score = np.round((0.25 + shared) * np.array([one.worth for one in pool]), 9)
    return pool[int(score.argmax())]


def _shared(likeness: np.ndarray, texts: list[int], own: int) -> float:
    """Mean of the best likeness of a sentence to each of the other texts."""
    best: dict[int, float] = {}
    for value, text in zip(likeness.tolist(), texts, strict=True):
        if text != own:
            best[text] = max(best.get(text, 0.0), value)
    return sum(best.values()) / len(best) if best else 0.0


def _about(texts: Sequence[Told], kept: summarizing.Sentence) -> str:
    """The telling word of the sentence that most of the texts say."""
    counts = Counter(word for told in texts for word in set(sentences.telling(told.words)))
    about = [word for word in sentences.telling(kept.words) if not PREFERENCE.search(f"i {word} ")]
    return max(about, key=lambda word: (counts[word], word)) if about else ""


def kind_of(text: str) -> str:
    """Whether a sentence states a constraint, a preference or a fact."""
    return "constraint" if CONSTRAINT.search(text) else "preference" if PREFERENCE.search(text) else "fact"


def refused(gist: Gist, texts: Sequence[Told], nearness: float) -> str:
    """Why a gist is not kept; empty for a good one. `nearness`: of the cluster, below 0.7 it is a mixed one."""
    if len(sentences.words(gist.text)) < 3:
        return "it says nothing"
    if GENERIC.search(gist.text):
        return "it is a generic phrase"
    least = OVERLAP if nearness >= MIXED_BELOW else MIXED_OVERLAP
    return "" if overlap(gist.text, texts) >= least else "it shares too few words with its sources"


def overlap(text: str, texts: Sequence[Told]) -> float:
    """The share of a text's telling words that the sources say, or whose names these are; 0 to 1."""
    own = set(sentences.telling(text))
    said = {word for told in texts for word in (*sentences.telling(told.words), *sentences.words(told.who))}
    said |= {word for told in texts for word in sentences.words(summarizing.written(told.at.date()))}
    return len(own & said) / len(own) if own else 0.0


def jaccard(one: str, other: str) -> float:
    """Shared telling words by all of them, 0 to 1; on which day something was said does not count."""
    a, b = (set(sentences.telling(DAY.sub(":", text, count=1))) for text in (one, other))
    return len(a & b) / len(a | b) if a | b else 0.0


def same(one: str, other: str) -> bool:
    return jaccard(one, other) >= SAME_WORDS


def key(gist: Gist) -> str:
    """What a newer preference or constraint replaces: `user:preference:ada tea`. Empty for a fact, and without scope.

    The key of the Cognitive Memory Layer, `user:{type}:{scope}`.
    """
    scope = " ".join(sentences.words(gist.scope))[:100]
    return f"user:{gist.kind}:{scope}" if gist.kind != "fact" and scope else ""


def strengthened(confidence: float, by: float) -> float:
    """Confidence in a fact that was met again: a fifth of the way to 1, weighed by the confidence of what it met."""
    return confidence + (1 - confidence) * 0.2 * by
