"""Sentences of a text, and what each is worth to somebody who reads it alone."""

import re
from collections.abc import Iterable

# The end of a sentence with its closing quotes, or the end of a line.
END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s|$)|[。！？]+[”’」』)]*|\n+")
ASIDE = re.compile(r"\[[^\[\]]*\]")  # "[a photo of a dog]" is no sentence
BULLET = re.compile(r"^(?:[-*•>#]+|\d{1,3}[.)])\s+")
WORD = re.compile(r"\w+(?:['’]\w+)*")
WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # scripts that write no blanks between words
ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:(?-i:[A-HJ-Z])|mr|mrs|ms|dr|prof|st|jr|sr|vs|inc|ltd|approx|dept|fig|al|ca|e\.g|i\.e|bzw|z\.b)\.$",
    re.IGNORECASE,
)
MONTHS = "january february march april may june july august september october november december"
DAYS = "monday tuesday wednesday thursday friday saturday sunday"
WHEN = frozenset(f"{MONTHS} {DAYS} today yesterday tomorrow tonight week weekend month year years ago".split())
_STOPS = (
    "a about actually after again all also always am an and any are around as at back be because been before being "
    "both but by can could did do does doing done down even ever every for from get getting go going gonna good got "
    "great had has have having he her here hers him his how i if in into is it its just keep kind know let like lot "
    "lots made make makes making many me more most much my need never new nice no not now of off on one only or other "
    "our out over own really right said same say see she should so some something still such sure take than that the "
    "their them then there these they thing things think this those though time to too try trying up us very want was "
    "way we well were what when where which while who why will with would yeah yes yet you your i'm i've it's that's "
    "don't can't didn't you're we're they're he's she's i'd i'll there's what's let's "
)
STOPS = frozenset(_STOPS.split())
ANAPHORA = re.compile(
    r"(?:(?:and|but|so|or|because|also|plus|then)\b[\s,]*)?"
    r"(?:it|it's|its|this|that|that's|these|those|they|they're|their|he|he's|she|she's|his|her|them|there|such|both)\b",
    re.IGNORECASE,
)
FILLER = re.compile(
    r"(?:thanks?|thank you|wow|whoa|woah|hey|hi|hello|bye|goodbye|congrats|congratulations|yeah|yep|yup|yes|no|nope|ok"
    r"|okay|sure|cool|nice|awesome|great|good|totally|absolutely|definitely|agreed|haha|lol|oh|aww?|glad|sounds"
    r"|take care|talk to you|see you|good luck|no worries|no problem|you're welcome|will do|cheers|sorry|keep"
    r"|can't wait|let's|looking forward|here's|check out|for sure|of course|so glad|happy to hear|that's)\b",
    re.IGNORECASE,
)
OPENER = re.compile(
    r"(?:(?:wow|whoa|woah|yeah|yep|yup|yes|no|nope|oh|well|ok|okay|sure|haha|thanks|hey|hi|totally|actually|anyway|btw"
    r"|by the way|speaking of which|besides(?: that)?|plus|so|and|but|also"
    r"|on another note|since we (?:last )?(?:spoke|talked|chatted)(?: last)?)\b(?:[\s,]+[A-Z]\w+)?[,!.]\s+)+(?=[A-Z])",
    re.IGNORECASE,
)
PAST = re.compile(
    r"\b(?:was|were|went|had|took|met|bought|found|won|lost|began|left|came|saw|gave|told|wrote|built|\w{2,}ed)\b",
    re.IGNORECASE,
)
CONNECTED = re.compile(r"(?:and|but|so|or|because|plus|also|then)\b", re.IGNORECASE)
OTHERS = frozenset(("they", "them", "they've", "they're", "him", "her", "his", "their", "he", "she"))
LEANING = frozenset(
    ("it", "that", "those", "this", "these", "them", "he", "she", "they", "his", "her", "their", "also")
)
YOU = frozenset(("you", "your", "you're", "you've", "you'll", "yours"))
ME = frozenset(("i", "my", "me", "i'm", "i've", "i'd", "i'll"))
US = frozenset(("we", "our", "us", "we're", "we've"))
LONG, OVERLONG = 32, 60  # words


def split(text: str) -> list[str]:
    """The sentences of a text in order, each a piece of it as it is but for blanks in a row, none ever cut."""
    found = []
    for line in ASIDE.sub("\n", text).split("\n"):
        found += _of_line(BULLET.sub("", " ".join(line.split())))
    return [sentence for sentence in found if any(letter.isalnum() for letter in sentence)]


def _of_line(line: str) -> list[str]:
    found, start = [], 0
    for end in END.finditer(line):
        if not ABBREVIATION.search(line[start : end.end()]) and not _goes_on(line[end.end() :]):
            found.append(line[start : end.end()].strip())
            start = end.end()
    return [*found, line[start:].strip()]


def _goes_on(rest: str) -> bool:
    """Whether a small letter follows: the stop was no end."""
    return rest.lstrip()[:1].islower()


def opened(sentence: str) -> str:
    """The sentence without the interjection that it begins with: "Yeah, I painted it!" is "I painted it!"."""
    rest = sentence[match.end() :] if (match := _opener(sentence)) else ""
    return rest if rest and len(words(rest)) >= 4 else sentence


def _opener(sentence: str) -> re.Match[str] | None:
    match = OPENER.match(sentence)
    return match if match and sentence[match.end()].isupper() else None


def words(text: str) -> list[str]:
    """Its words in small letters; a letter of a script without blanks is a word."""
    plain = text.casefold().replace("’", "'")
    found = WORD.findall(plain)
    if WIDE.search(plain):
        return [part for word in found for part in WIDE.findall(word) or [word]]
    return found


def telling(text: str) -> list[str]:
    """The words that say what it is about: no stop words, no single letters of alphabets."""
    return _telling(words(text))


def _telling(told: Iterable[str]) -> list[str]:
    return [word for word in told if word not in STOPS and (len(word) > 1 or WIDE.match(word))]


def names(sentence: str) -> set[str]:
    """Words with a capital letter that do not begin the sentence: mostly names."""
    found = WORD.findall(sentence)[1:]
    return {w for w in found if w[0].isupper() and w.casefold().replace("’", "'") not in STOPS}


def _dates_and_numbers(told: Iterable[str]) -> int:
    return sum(word in WHEN or word[0].isdigit() for word in told)


def worth(sentence: str, speech: bool) -> float:
    """How well a sentence stands alone, about 0 to 2: what is concrete counts for it, what leans on others against.

    `speech`: somebody says it to somebody, so what they tell of themselves counts more than what they ask or praise.
    """
    told, named = words(sentence), names(sentence)
    value = min(len(set(_telling(told))) / 6, 1.0)
    value *= 1 + 0.15 * min(len(named) + _dates_and_numbers(told), 4)
    value *= 0.2 if sentence.rstrip("\"'”’)").endswith(("?", "？")) else 1.0
    value *= 0.55 if ANAPHORA.match(sentence) else 1.0
    value *= 0.75 if CONNECTED.match(sentence) else 1.0
    value *= 0.7 if LEANING & set(told[1:5]) or (OTHERS & set(told[1:9]) and not named) else 1.0
    value *= 0.3 if FILLER.match(sentence) else 1.0
    value *= 0.5 if len(told) > OVERLONG else 0.85 if len(told) > LONG else 1.0
    return value * (_of_speech(sentence, set(told)) if speech else 1.0)


def _of_speech(sentence: str, told: set[str]) -> float:
    """What somebody did, is or wants weighs more than what holds for everybody, or what they say of the other."""
    value = 0.4 if told & YOU else 1.0
    value *= 1.15 if PAST.search(sentence) else 1.0
    return value * (1.3 if told & ME else 0.9 if told & US else 0.6)
