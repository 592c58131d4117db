"""Claims: what a short statement says of whom, as far as a few patterns understand it. English; offline."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from memory.algorithms import tokens

READ = 5  # sentences of one text
LONGEST = 30  # words of a sentence; a longer one says more than one thing


@dataclass(frozen=True)
class Claim:
    """Of `who`, the attribute `what` (`home`, `name`, `like` …) is `value`, or is not where it is negated.

    `value` is a set of stems. Of an attribute that is `single` two different values contradict each other.
    """

    who: str
    what: str
    value: frozenset[str]
    negated: bool = False
    single: bool = True

    @property
    def about(self) -> str:
        """The attribute, without what the text itself says: `favorite` of "favorite color"."""
        first = self.what.split(" ")[0]
        return first if first in ("favorite", "preferred") else self.what


SELF = "i"
# Whoever these words stand for is not known from the sentence alone.
UNKNOWN = tokens.those("he she they it we you this that there who what which these those someone somebody")
NOT = r"(?P<not>(?:(?:does|do|did|is|am|are|was|has|have) not|no longer|never|not)(?: (?:really|any|actually))? )?"
SOFTLY = r"(?:(?:really|absolutely|also|still|now|currently|always|just|recently|has|have|is|am|are|been) )*"
WHO = r"^(?:actually |now |currently |today )?(?P<who>the user|[a-z][\w'-]*(?: [a-z][\w'-]*)?) "
VALUE = r" (?P<value>.+)$"
# What a pattern of a verb says: one value at a time.
VERBS = {
    "home": r"(?:lives?|living|resid(?:es?|ing)|based|moved(?: back)?|relocated) (?:in|to|at)",
    "employer": r"(?:works?|working|employed)(?: now)? (?:at|for|by)",
    "job": r"(?:works?|working|employed) as",
    "birthplace": r"(?:was |were )?born in",
    "birthday": r"(?:was |were )?born on",
    "spouse": r"married to",
}  # fmt: skip
PROPER = ("home", "employer", "birthplace", "spouse")  # "works at night" and "lives in peace" name no place and nobody
LIKING = {
    False: r"(?:likes?|loves?|enjoys?|adores?|fond of|a (?:big |huge )?fan of|prefers?)",
    True: r"(?:dislikes?|hates?|detests?|loathes?|can not stand|can not bear|avoids?)",
}
SINGLE = (
    "name|full name|first name|last name|surname|nickname|birthday|birth date|date of birth|email|email address|phone|"
    "phone number|address|age|job|occupation|profession|employer|boss|manager|wife|husband|spouse|partner|time zone|"
    "timezone|nationality|native language|mother tongue|hometown|home town|salary|budget|deadline|height|weight|"
    "blood type|shoe size|marital status|favorite(?: \\w+){1,2}|preferred(?: \\w+){1,2}"
)
OF_THING = re.compile(
    rf"^(?:(?P<my>my)|the user's|(?P<who>[a-z][\w-]*)'s) (?P<what>{SINGLE}) (?:is|are)(?: now| currently)? "
    rf"(?P<not>not )?(?P<value>.+)$"
)
BY_VERB = [(what, re.compile(WHO + SOFTLY + NOT + SOFTLY + verb + VALUE)) for what, verb in VERBS.items()]
BY_LIKING = [(turned, re.compile(WHO + SOFTLY + NOT + SOFTLY + verb + VALUE)) for turned, verb in LIKING.items()]
OVER = re.compile(WHO + SOFTLY + r"prefers? (?P<more>.+?) (?:over|to|rather than|instead of) (?P<less>.+)$")
# Where a value ends: at what says why, when or with whom.
END = re.compile(
    r"[,.;:!?](?=\s|$)|[()]|\b(?:and|but|because|since|with|while|so|which|who|when|where|now|anymore|these days|as of|"
    r"at the moment|very much|a lot)\b"
)
ASIDE = re.compile(r"\?|\b(?:if|unless|whether|maybe|perhaps|might|used to|formerly|previously|would|could|should)\b")
VAGUE = tokens.those("it that this them him her you one some something thing")


def sentences(text: str) -> list[str]:
    """The sentences that state something: in plain words, neither asked nor supposed nor long past."""
    told = [tokens.plain(part).strip(" \"'") for part in tokens.sentences(text)[:READ]]
    return [part for part in told if not ASIDE.search(part) and len(tokens.words(part)) <= LONGEST]


def claims(sentence: str, speaker: str = "", proper: Collection[str] = ()) -> list[Claim]:
    """What a sentence of `sentences` claims; who says "I" is the `speaker`, or, where nobody is named, I.

    `proper` are the words that were written with a capital, see `capitals`.
    """
    return [claim for claim in _found(sentence, speaker, proper) if claim.who not in UNKNOWN and claim.value - VAGUE]


def capitals(text: str) -> set[str]:
    return {word.lower() for word in tokens.WORD.findall(text) if word[0].isupper()}


def _found(sentence: str, speaker: str, proper: Collection[str]) -> Iterator[Claim]:
    if match := OF_THING.match(sentence):
        yield Claim(_who(match["who"] or "i", speaker), match["what"], value(match["value"]), bool(match["not"]))
    for what, pattern in BY_VERB:
        if (match := pattern.match(sentence)) and (what not in PROPER or _is_proper(match["value"], proper)):
            yield Claim(_who(match["who"], speaker), what, value(match["value"]), bool(match["not"]))
    if match := OVER.match(sentence):
        pair = value(match["more"]), value(match["less"])
        between = " or ".join(sorted(" ".join(sorted(each)) for each in pair))
        yield Claim(_who(match["who"], speaker), f"preferred {between}", pair[0])
        return
    for turned, pattern in BY_LIKING:
        if match := pattern.match(sentence):
            negated = turned != bool(match["not"])
            yield Claim(_who(match["who"], speaker), "liking", value(match["value"]), negated, single=False)


def _is_proper(told: str, proper: Collection[str]) -> bool:
    return next(iter(tokens.words(told)), "") in proper


def _who(told: str, speaker: str) -> str:
    """Who is spoken of; an adverb that was caught with a name is no part of it, and "my wife" is not me."""
    first = told.split(" ")[0]
    if told == "the user" or first in ("i", "user"):
        return speaker.lower() or SELF
    return told if first in ("my", "our", "the") or first.endswith("'s") else first


def value(text: str) -> frozenset[str]:
    """What is said, up to where it ends, as stems."""
    return tokens.telling(END.split(text, maxsplit=1)[0])
