"""Fewer words for the same: the best sentence of a text, or its best sentences in their order, never half a sentence
where a whole one fits.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

READ = 50_000  # characters of a text that are looked at; behind them nothing is chosen
ENDS = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？])|\n+")
# A dot behind one of these, or behind a single letter, ends no sentence.
SHORT_FORMS = re.compile(r"\b(?:mr|mrs|ms|dr|prof|st|vs|etc|e\.g|i\.e|approx|z\.b|bzw|ca|nr|[a-z])\.$", re.IGNORECASE)
WORD = re.compile(r"\w+")
_COMMON = (
    "a an and are as at be but by for from had has have he her his i in is it its me my not of on or our she so that"
    " the their them they this to was we were will with you your der die das und ist ein eine zu den von mit"
)
COMMON = frozenset(_COMMON.split())
ELLIPSIS = "…"
# Target lengths of HippocampAI's summarizer.
TIERS = {"none": 1.0, "light": 0.8, "medium": 0.5, "heavy": 0.25, "archival": 0.1}


@dataclass(frozen=True)
class Sentence:
    place: int
    text: str


def sentences(text: str) -> list[Sentence]:
    """The sentences and lines of a text, trimmed, in order; what has no word is left out."""
    pieces, start = [], 0
    text = text[:READ]
    for met in ENDS.finditer(text):
        if "\n" not in met[0] and SHORT_FORMS.search(text, max(start, met.start() - 12), met.start()):
            continue
        pieces.append(text[start : met.end()])
        start = met.end()
    pieces.append(text[start:])
    told = [piece.strip() for piece in pieces]
    return [Sentence(place, piece) for place, piece in enumerate(told) if WORD.search(piece)]


def best_sentence(text: str, characters: int = 160) -> str:
    """The one sentence that says most of a text: whole where one fits, else the best one cut at a word.

    What has no sentence is returned as it is, if it fits.
    """
    found = sentences(text)
    if not found:
        return _cut(text.strip(), characters)
    ranked = _ranked(found)
    fitting = [sentence for sentence in ranked if len(sentence.text) <= characters]
    return fitting[0].text if fitting else _cut(ranked[0].text, characters)


def shortened(text: str, characters: int) -> str:
    """The best sentences that fit together, in their order, at least one; the text itself when it is short enough.

    Lines stay lines: what stood on a line of its own still does.
    """
    if len(text) <= characters:
        return text
    found = sentences(text)
    chosen: list[Sentence] = []
    room = characters
    for sentence in _ranked(found):
        if len(sentence.text) <= room:
            chosen.append(sentence)
            room -= len(sentence.text) + 1
    if not chosen:
        return best_sentence(text, characters)
    return _joined(text, sorted(chosen, key=lambda sentence: sentence.place))


def _joined(text: str, chosen: list[Sentence]) -> str:
    """Parted by a newline where the text had one between them, else by a space."""
    told, at = "", 0
    for sentence in chosen:
        here = text.find(sentence.text, at)
        if told:
            told += "\n" if "\n" in text[at:here] else " "
        told += sentence.text
        at = here + len(sentence.text)
    return told


def _ranked(found: list[Sentence]) -> list[Sentence]:
    """Best first: how common its own words are in the whole text, a little more for what stands first, has a number
    or a name. Equal ones in their order.
    """
    spoken = [_words(sentence.text) for sentence in found]
    often = Counter(word for words in spoken for word in words)
    return [
        sentence
        for _, sentence in sorted(
            zip(spoken, found, strict=True), key=lambda each: (-_weight(each[0], each[1], often), each[1].place)
        )
    ]


def _words(text: str) -> set[str]:
    return {word for word in map(str.lower, WORD.findall(text)) if word not in COMMON}


def _weight(words: set[str], sentence: Sentence, often: Counter[str]) -> float:
    """How much of the text it says. The root of its length keeps a long sentence from winning by length alone."""
    if not words:
        return 0.0
    said = sum(often[word] for word in sorted(words)) / len(words) ** 0.5
    names = bool(re.search(r"\d|(?<=\s)[A-Z][a-z]", sentence.text))
    return round(said * (1.2 if sentence.place == 0 else 1.0) * (1.15 if names else 1.0), 9)


def _cut(text: str, characters: int) -> str:
    """At most so many characters, ended at a word and with an ellipsis."""
    if len(text) <= characters:
        return text
    head = text[: characters - len(ELLIPSIS)]
    space = head.rfind(" ")
    return (head[:space] if space > len(head) // 2 else head).rstrip() + ELLIPSIS


@dataclass(frozen=True)
class Text:
    """How many characters a text has, and how many it had before it was ever shortened."""

    length: int
    original: int

    def at(self, tier: str) -> int:
        """How long it may be in a tier; never longer than it is."""
        return min(self.length, int(self.original * TIERS[tier]))


def tier_for(texts: Sequence[Text], goal: int) -> str:
    """The lightest tier that takes `goal` characters off these texts together; `archival` when none does."""
    for tier in TIERS:
        if sum(text.length - text.at(tier) for text in texts) >= goal:
            return tier
    return "archival"


def targets(texts: Sequence[Text], goal: int) -> list[int]:
    """How long each may be, the first ones shortened first, so that together they lose `goal` characters."""
    tier, told = tier_for(texts, goal), []
    for text in texts:
        room = text.at(tier) if goal > 0 else text.length
        goal -= text.length - room
        told.append(room)
    return told
