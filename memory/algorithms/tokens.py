"""The plain words of a text: what comparing two texts by their words looks at."""

import re
from itertools import pairwise

WORD = re.compile(r"[^\W_]+(?:[.,:/@-][^\W_]+)*", re.UNICODE)
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


def those(told: str) -> frozenset[str]:
    """The words of a list as a set."""
    return frozenset(told.split())


# Contractions and spellings, so that "don't" and "do not", "colour" and "color" are the same words. Each behind what
# is in all that it finds, which is looked for first: that takes a small part of the time.
EXPANDED = [
    ("can", re.compile(r"\b(?:can't|cannot)\b"), "can not"), ("won't", re.compile(r"\bwon't\b"), "will not"),
    ("n't", re.compile(r"n't\b"), " not"), ("i'm", re.compile(r"\bi'm\b"), "i am"),
    ("'re", re.compile(r"'re\b"), " are"), ("'ve", re.compile(r"'ve\b"), " have"),
    ("'ll", re.compile(r"'ll\b"), " will"),
    ("'s", re.compile(r"\b(it|he|she|that|there)'s\b"), r"\1 is"),
    ("our", re.compile(r"\b(fav|col|flav|hum|neighb)our"), r"\1or"),
]  # fmt: skip
# Words that say nothing of what a statement is about.
IDLE = those(
    "a an the of in on at to for from by with as is are am was were be been being do does did has have had will would"
    " i we me my our us you your he she it they them his her its their this that these those and or but so very really"
    " just also now currently still usually often"
)
NEGATIONS = those("not no never neither nor none nothing nobody without hardly longer anymore")


def plain(text: str) -> str:
    """In small letters, with straight apostrophes, contractions written out, in one spelling."""
    told = text.lower().replace("’", "'")
    for there, short, long in EXPANDED:
        told = short.sub(long, told) if there in told else told
    return told


def words(text: str) -> list[str]:
    """Each word of a text in small letters, in its order, without punctuation around it."""
    return WORD.findall(plain(text))


def sentences(text: str) -> list[str]:
    return [part.strip() for part in SENTENCE.split(text) if part.strip()]


def stem(word: str) -> str:
    """A word without the endings of a plural and of the third person. Rough, and the same for both texts."""
    for ending, least in (("ies", 5), ("es", 5), ("s", 4)):
        if word.endswith(ending) and len(word) >= least and not word.endswith("ss"):
            word = word[: -len(ending)] + ("y" if ending == "ies" else "")
            break
    return word.rstrip("e") if len(word) > 3 else word


def telling(text: str) -> frozenset[str]:
    """Stems of the words that say what it is about: without idle words and negations."""
    return frozenset(stem(word) for word in words(text) if word not in IDLE and word not in NEGATIONS)


def negated(text: str) -> bool:
    """Whether it is said in the negative: an odd number of negations; `no longer` and `not anymore` are one."""
    told = words(text)
    count = sum(word in NEGATIONS for word in told)
    for one, other in pairwise(told):
        count -= (one, other) == ("no", "longer")
    count -= "anymore" in told and "not" in told
    return count % 2 == 1


NAMED = re.compile(r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april|may|june|"
                   r"july|august|september|october|november|december)s?")  # fmt: skip
ONE_TO_TWELVE = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
COUNTED = {word: str(number) for number, word in enumerate(ONE_TO_TWELVE, start=1)}


def numbers(text: str) -> tuple[str, ...]:
    """Numbers, times, weekdays and months, in their order; "five" is 5."""
    found = []
    for word in words(text):
        if word[0].isdigit() or NAMED.fullmatch(word):
            found.append(word.rstrip("s"))
        elif word in COUNTED:
            found.append(COUNTED[word])
    return tuple(found)
