"""Remembering what is stated in a talk, sentence by sentence, in place of the talk itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from memory.algorithms import claims, kinds, sentences
from memory.algorithms.gisting import LASTING, LEANS
from memory.algorithms.summarizing import Told
from memory.remember import remember_many
from memory.types import Draft, Outcome, Scope

MOST = 200  # statements of one talk, the first ones
LEAST_WORDS = 3
SOURCE = "conversation"


@dataclass(frozen=True)
class Statement:
    words: str
    kind: str


def stated(texts: Sequence[Told]) -> list[Statement]:
    """Sentences that are understood without the others and are worth keeping, in their order, each once.

    One is worth it that says what kind of memory it is (a wish, a habit, what is liked or must not be), or claims
    something of somebody (a name, a home, an employer); any other by sentences.worth.
    """
    found: dict[str, Statement] = {}
    for told in texts:
        for sentence in sentences.split(told.words):
            words = sentences.opened(sentence)
            guess = kinds.guess(words)
            if _stands(words) and (guess.signs or _claims(words) or _worth(words, told)):
                found.setdefault(words.casefold(), Statement(words, guess.kind))
    return list(found.values())[:MOST]


def _stands(words: str) -> bool:
    asks = words.rstrip("\"'”’)").endswith(("?", "？"))
    return not asks and len(sentences.words(words)) >= LEAST_WORDS and not LEANS.search(words)


def _claims(words: str) -> bool:
    return any(claims.claims(told, proper=claims.capitals(words)) for told in claims.sentences(words))


def _worth(words: str, told: Told) -> bool:
    return sentences.worth(words, bool(told.who)) >= LASTING


def remember_stated(texts: Sequence[Told], scope: Scope) -> list[Outcome]:
    """Remember what is stated in `texts`; see `stated`. Raises what remember raises."""
    drafts = [Draft(one.words, scope, kind=one.kind, source=SOURCE) for one in stated(texts)]
    return remember_many(drafts) if drafts else []
