"""What kind of memory a text is, told by its words. English; offline; what says nothing of its kind is a fact."""

import re
from dataclasses import dataclass

from memory.algorithms.gisting import CONSTRAINT, PREFERENCE

DAYS = r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?"
MONTHS = r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
SPANS = r"(?:day|morning|evening|night|week|weekend|month|year|spring|summer|autumn|winter)"
SIGNS = {
    "task": re.compile(r"\b(?:remind (?:me|us|them|him|her)|(?:don't|do not) forget|remember to|reminder:)", re.I),
    "goal": re.compile(
        r"\b(?:goals?\b|(?:i|we|they|he|she|user)(?:'d| would)? (?:really )?(?:wants?|like|love|plans?|aims?|hopes?"
        r"|intends?) to\b|(?:am|is|are|i'm|we're) (?:planning|hoping|aiming|trying) to\b|aspires? to|working towards?\b"
        r"|dreams? of)",
        re.I,
    ),
    "habit": re.compile(
        rf"\b(?:every (?:single )?(?:other )?(?:{SPANS}|{DAYS})|each (?:{SPANS}|{DAYS})|usually|regularly|daily|weekly"
        rf"|most (?:{SPANS})s|on (?:mon|tues|wednes|thurs|fri|satur|sun)days|routine|habit)\b",
        re.I,
    ),
    "constraint": CONSTRAINT,
    "preference": re.compile(
        PREFERENCE.pattern + r"|\b(?:favou?rite|would rather|prefer (?:to|not)|prefer\b)", re.I
    ),
    "event": re.compile(
        rf"\b(?:yesterday|tomorrow|tonight|(?:last|next) (?:{SPANS}|{DAYS})|on {MONTHS} \d|\d{{1,2}} {MONTHS}"
        rf"|on \d{{4}}-\d\d-\d\d|attended|happened|took place|met with|went to|visited|appointment)\b",
        re.I,
    ),
    "procedure": re.compile(r"\b(?:how to|step \d|steps? to|instructions|recipe for|first,? .{2,80}\bthen\b)", re.I),
    "context": re.compile(r"\b(?:currently|right now|at the moment|these days|is working on|am working on)\b", re.I),
    "summary": re.compile(r"^\s*(?:in (?:summary|short)|summary|to sum up|overall)\b", re.I),
}  # fmt: skip


@dataclass(frozen=True)
class Guess:
    """`sure` is 0 to 1: 0.9 where all signs say one kind, less where they differ, 0.5 where there are none.

    `signs` are the words that say so; `other` is the kind that comes next, with how sure that is.
    """

    kind: str
    sure: float
    signs: tuple[str, ...] = ()
    other: str = ""
    other_sure: float = 0.0


def guess(text: str) -> Guess:
    """Of kinds with as many signs the one that stands first in SIGNS."""
    found = {kind: _signs(sign, text) for kind, sign in SIGNS.items()}
    told = sorted((kind for kind, signs in found.items() if signs), key=lambda kind: -len(found[kind]))
    if not told:
        return Guess("fact", 0.5)
    shares = [round(0.9 * len(found[kind]) / sum(map(len, found.values())), 2) for kind in told]
    other = (told[1], shares[1]) if len(told) > 1 else ("", 0.0)
    return Guess(told[0], shares[0], found[told[0]], *other)


def _signs(sign: re.Pattern[str], text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.group().strip().lower() for found in sign.finditer(text[:10_000])))
