"""Contradictions between two short statements, found offline: few, and those that are found are meant."""

from dataclasses import dataclass
from datetime import datetime

from memory.algorithms import claims, tokens
from memory.algorithms.claims import Claim
from memory.algorithms.duplicates import jaccard

# How far a rule is to be believed, 0 to 1.
STRENGTH = {"liking": 0.95, "denied": 0.95, "value": 0.9, "negated": 0.85, "opposite": 0.85, "number": 0.7}
SAYS = {
    "liking": "one likes what the other dislikes",
    "denied": "one denies what the other says",
    "value": "another value of the same",
    "negated": "the same words, once negated",
    "opposite": "the same words but for opposites",
    "number": "the same words, other numbers or days",
}
OWN, NEAR = 0.7, 0.3  # shares of rule and nearness in the score
LONG = 0.8  # one of more than one sentence says other things too: it counts so much
SAME_WORDS = 0.75  # of telling words in common, for a rule that compares whole sentences
OPPOSITES = [
    "always never", "all none", "love hate", "like dislike", "open closed", "open shut", "married single",
    "married divorced", "single divorced", "on off", "enabled disabled", "enable disable", "true false", "yes no",
    "allowed forbidden", "allowed prohibited", "allow forbid", "before after", "morning evening", "day night",
    "hot cold", "warm cold", "big small", "large small", "high low", "tall short", "long short", "early late",
    "first last", "happy unhappy", "happy sad", "healthy sick", "healthy ill", "alive dead", "employed unemployed",
    "vegetarian carnivore", "vegan carnivore", "sweet bitter", "indoors outdoors", "remote onsite", "public private",
    "safe unsafe", "safe dangerous", "left right", "up down", "active inactive", "available unavailable",
    "possible impossible", "accept reject", "accepted rejected", "increase decrease", "increased decreased",
    "win lose", "won lost", "full empty", "rich poor", "cheap expensive", "fast slow", "light dark", "male female",
    "present absent", "succeeded failed", "extrovert introvert", "pregnant childless", "smoker nonsmoker",
    "agree disagree", "agrees disagrees", "trusts distrusts", "likes dislikes", "loves hates", "started stopped",
    "with without",
]  # fmt: skip
ANTONYMS = frozenset(frozenset(map(tokens.stem, pair.split())) for pair in OPPOSITES)
# What goes on for a while; of what happened once, another number is another time.
LASTING = tokens.those(
    "is am are has have costs cost takes take starts start begins begin ends end opens open closes close weighs"
    " measures meets meet needs need earns owns contains runs every daily weekly monthly"
)


@dataclass(frozen=True)
class Statement:
    """A text with who says "I" in it, and from when to when it holds; no end: it still does."""

    text: str
    speaker: str
    begins: datetime
    ends: datetime | None = None


@dataclass(frozen=True)
class Conflict:
    """`rule` is one of STRENGTH, `about` the attribute that it is of, where there is one; `score` is 0 to 1."""

    rule: str
    score: float
    about: str = ""

    @property
    def why(self) -> str:
        return f"{SAYS[self.rule]}: {self.about}" if self.about else SAYS[self.rule]


@dataclass(frozen=True)
class _Sentence:
    text: str
    who: str
    claims: tuple[Claim, ...]
    telling: frozenset[str]
    negated: bool
    numbers: tuple[str, ...]
    lasting: bool


@dataclass(frozen=True)
class Reading:
    """A statement as it was understood, once for all that it is compared with."""

    begins: datetime
    ends: datetime | None
    sentences: tuple[_Sentence, ...]
    several: bool  # it says other things too


def between(one: Reading, other: Reading, near: float) -> Conflict | None:
    """How two statements contradict each other, or None. `near` is how much they are alike, 0 to 1.

    The score is 0.7 of what the rule is worth and 0.3 of `near`, and less where one says other things too. What does
    not hold at the same time does not contradict.
    """
    if _apart_in_time(one, other):
        return None
    found = [told for a in one.sentences for b in other.sentences if (told := _rule(a, b))]
    if not found:
        return None
    rule, about = max(found, key=lambda told: STRENGTH[told[0]])
    score = OWN * STRENGTH[rule] + NEAR * min(max(near, 0.0), 1.0)
    return Conflict(rule, round(score * (LONG if one.several or other.several else 1.0), 4), about)


def read(statement: Statement) -> Reading:
    text, proper = statement.text, claims.capitals(statement.text)
    understood = tuple(_read(each, statement.speaker, proper) for each in claims.sentences(text))
    return Reading(statement.begins, statement.ends, understood, len(tokens.sentences(text)) > 1)


def _read(text: str, speaker: str, proper: set[str]) -> _Sentence:
    told, words = tuple(claims.claims(text, speaker, proper)), tokens.words(text)
    who = (speaker.lower() or claims.SELF) if {"i", "my", "me"} & set(words) else ""
    who = text if words and words[0] in claims.UNKNOWN else who  # who "she" is nobody knows: like no other
    numbers = tokens.numbers(text)
    telling = tokens.telling(text) - {tokens.stem(word) for word in numbers}
    return _Sentence(text, who, told, telling, tokens.negated(text), numbers, bool(LASTING & set(words)))


def _apart_in_time(one: Reading, other: Reading) -> bool:
    first, second = sorted((one, other), key=lambda each: each.begins)
    return first.ends is not None and first.ends <= second.begins


def _rule(a: _Sentence, b: _Sentence) -> tuple[str, str] | None:
    for mine in a.claims:
        for yours in b.claims:
            if mine.who == yours.who and (rule := _of_claims(mine, yours)):
                return rule
    return _of_words(a, b) if a.who == b.who else None


def _of_claims(mine: Claim, yours: Claim) -> tuple[str, str] | None:
    if mine.what != yours.what:
        return None
    same = mine.value == yours.value
    if mine.negated != yours.negated:
        return (("denied", mine.about) if mine.single else ("liking", "")) if same else None
    alike = mine.value <= yours.value or yours.value <= mine.value  # "Paris" and "Paris in France"
    alike = alike or _counted(mine) != _counted(yours)  # born in Rome, and in 1990
    return ("value", mine.about) if mine.single and not mine.negated and not alike else None


def _counted(claim: Claim) -> bool:
    return any(stem[0].isdigit() for stem in claim.value)


def _of_words(a: _Sentence, b: _Sentence) -> tuple[str, str] | None:
    """By the telling words of whole sentences; of fewer than two in common nothing can be said."""
    shared = a.telling & b.telling
    same = len(shared) >= 2 and sorted(a.numbers) == sorted(b.numbers) and jaccard(a.telling, b.telling) >= SAME_WORDS
    if same and a.negated != b.negated:
        return "negated", ""
    left, right = a.telling - b.telling, b.telling - a.telling
    if shared and a.negated == b.negated and len(left) == len(right) == 1 and left | right in ANTONYMS:
        return "opposite", ""
    return ("number", "") if shared and not (left or right) and _other_numbers(a, b) else None


def _other_numbers(a: _Sentence, b: _Sentence) -> bool:
    """As many of them, one of which differs; of what goes on for a while."""
    if not (a.lasting and b.lasting) or a.negated or b.negated or len(a.numbers) != len(b.numbers):
        return False
    return sum(x != y for x, y in zip(a.numbers, b.numbers, strict=True)) == 1
