"""The demo's conversations and what was remembered of them, as plain values.

A talk is one traveller with one agent at one desk. Some things are said again in other words, some are contradicted
later: these are the pairs that the review desk shows.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from config.demo import rhythm, saying, words
from config.demo.rhythm import Month
from config.demo.words import Desk, Sentence

AN_HOUR = 2.3  # talks of a busy hour
LENGTHS = (2, 3, 3, 4, 4, 5, 6, 8)  # memories of a talk
AGAIN, CONTRARY = 26, 12  # pairs of the month
TRIES = 8  # to say what was not said yet
CHANGED, GONE = 0.08, 0.05  # shares of what is remembered
OWN_IMPORTANCE = {"constraint": 0.8, "procedure": 0.7, "goal": 0.65, "preference": 0.6, "message": 0.3}


@dataclass(frozen=True)
class Talk:
    id: UUID
    at: datetime
    desk: Desk
    agent: str
    name: str
    session: str

    @property
    def user(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Said:
    """One memory, as it came to be."""

    id: UUID
    at: datetime
    talk: Talk
    sentence: Sentence
    blanks: dict[str, str] = field(repr=False)
    text: str
    importance: float
    confidence: float
    trust: str = "trusted"
    source: str = "chat"
    recalls: int = 0
    recalled_at: datetime | None = None
    changed_at: datetime | None = None  # it mattered more since
    gone_at: datetime | None = None  # it was deleted

    @property
    def mine(self) -> bool:
        """Said by the traveller."""
        return self.sentence.kind == "message"


@dataclass(frozen=True)
class Pair:
    """Two memories for a person to decide about."""

    kind: str  # duplicate | contradiction
    first: Said
    second: Said
    score: float


def talks(month: Month) -> list[Talk]:
    """Oldest first."""
    return sorted(_talks(month), key=lambda talk: talk.at)


def _talks(month: Month) -> Iterator[Talk]:
    dice = month.dice("talks")
    for hour in month.hours():
        for _ in range(rhythm.times(dice, AN_HOUR * rhythm.busy(month, hour))):
            desk = dice.choices(words.DESKS, [desk.share for desk in words.DESKS])[0]
            at = rhythm.within(dice, hour)
            id = rhythm.key(dice, at)
            # A few travellers are there often, most now and then.
            name = words.NAMES[min(int(dice.expovariate(1 / 7)), len(words.NAMES) - 1)]
            yield Talk(id, at, desk, dice.choice(desk.agents), name, f"{desk.name}-{str(id)[-8:]}")


def said(month: Month) -> list[Said]:
    """All that was remembered, oldest first; nobody says the same words twice."""
    dice, seen = month.dice("said"), set()
    found = []
    for talk in talks(month):
        at = talk.at
        for _ in range(dice.choice(LENGTHS)):
            drawn = (_said(dice, month, talk, at) for _ in range(TRIES))
            one = next((one for one in drawn if (talk.user, one.text) not in seen), None)
            if one and one.at < month.end:
                seen.add((talk.user, one.text))
                found.append(one)
            at += timedelta(milliseconds=dice.randrange(9_000, 240_000))
    return sorted(found, key=lambda one: one.at)


def _said(dice: random.Random, month: Month, talk: Talk, at: datetime) -> Said:
    sentence = dice.choice(talk.desk.sentences)
    blanks = saying.blanks(dice, talk.name)
    importance = sentence.importance or OWN_IMPORTANCE.get(sentence.kind, 0.5)
    recalls = min(int(dice.expovariate(1 / (2.2 * importance))), 40)
    doubtful = dice.random() < 0.02
    one = Said(
        rhythm.key(dice, at), at, talk, sentence, blanks, saying.capital(sentence.text.format(**blanks)),
        importance=round(min(1.0, max(0.05, dice.gauss(importance, 0.08))), 3),
        confidence=round(dice.uniform(0.2, 0.4) if doubtful else dice.uniform(0.78, 1.0), 3),
        trust="untrusted" if dice.random() < 0.008 else "trusted",
        source=dice.choices(("chat", "turn", "tool", "web"), (60, 25, 10, 5))[0],
    )  # fmt: skip
    one = replace(one, recalls=recalls, recalled_at=_later(dice, at, month.end) if recalls else None)
    fate, then = dice.random(), _later(dice, at, month.end)
    if fate < GONE:
        return replace(one, gone_at=then)
    return replace(one, changed_at=then) if fate < GONE + CHANGED else one


def _later(dice: random.Random, at: datetime, end: datetime) -> datetime:
    return at + timedelta(seconds=dice.randrange(60, max(int((end - at).total_seconds()), 61)))


def pairs(month: Month, everything: list[Said]) -> list[Pair]:
    """What was said again, and what was contradicted, some days later; the second of each is new."""
    dice = month.dice("pairs")
    old = [one for one in everything if month.day(one.at) < rhythm.DAYS - 4 and not (one.gone_at or one.changed_at)]
    again = dice.sample([one for one in old if one.sentence.again], AGAIN)
    contrary = dice.sample([one for one in old if one.sentence.against and one not in again], CONTRARY)
    return [_again(dice, month, one) for one in again] + [_contrary(dice, month, one) for one in contrary]


def _again(dice: random.Random, month: Month, first: Said) -> Pair:
    text = saying.capital(first.sentence.again.format(**first.blanks))
    return Pair("duplicate", first, _retold(dice, month, first, text), round(dice.uniform(0.86, 0.97), 3))


def _contrary(dice: random.Random, month: Month, first: Said) -> Pair:
    blanks = saying.contrary(first.blanks, first.sentence.against)
    text = saying.capital(first.sentence.text.format(**blanks))
    return Pair("contradiction", first, _retold(dice, month, first, text), round(dice.uniform(0.7, 0.92), 3))


def _retold(dice: random.Random, month: Month, first: Said, text: str) -> Said:
    at = first.at + timedelta(milliseconds=dice.randrange(86_400_000, 3 * 86_400_000))
    at = min(at, month.end - timedelta(minutes=dice.randrange(5, 600)))
    id = rhythm.key(dice, at)
    talk = replace(first.talk, id=rhythm.key(dice, at), at=at, session=f"{first.talk.desk.name}-{str(id)[-8:]}")
    return replace(first, id=id, at=at, talk=talk, text=text, recalls=0, recalled_at=None)
