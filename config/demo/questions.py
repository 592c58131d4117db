"""The demo's golden questions, and what was asked of it and is traced, as plain values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from config.demo import rhythm, saying, traffic
from config.demo.rhythm import HOUR, Month
from config.demo.talks import Said

MANY = 22  # golden questions
LEARNED_BY = 12  # days: what they ask for was said by then
EXPECTED = 3  # memories of one
TRACED = 0.9  # of a busy hour
SLOW_MS = 500.0
NOWHERE = (
    "Which visa does a crew member need?", "What is the Wi-Fi password of the Graz office?",
    "Did the auditors ask about 2019?", "Who repaired the coffee machine?", "Is there a ferry to Heligoland?",
)  # fmt: skip


@dataclass(frozen=True)
class Golden:
    """A question with the memories that should be among its answers."""

    id: UUID
    at: datetime
    text: str
    domain: str
    user: str
    expected: tuple[UUID, ...]


@dataclass(frozen=True)
class Asked:
    """One search that was traced. `text` is found nowhere when `lost`."""

    id: UUID
    at: datetime
    text: str
    domain: str
    user: str
    ms: float
    lost: bool
    failed: bool

    @property
    def why(self) -> str:
        if self.failed:
            return "failed"
        return "empty" if self.lost else "slow" if self.ms >= SLOW_MS else "sampled"


def golden(month: Month, everything: Sequence[Said]) -> list[Golden]:
    """Oldest first; no two have the same words."""
    dice = month.dice("golden")
    good = [one for one in everything if one.sentence.ask and month.day(one.at) < LEARNED_BY and not one.gone_at]
    found: dict[str, Golden] = {}
    for one in dice.sample(good, len(good)):
        text = one.sentence.ask.format(**one.blanks)
        if len(found) < MANY and text not in found:
            at = one.at + dice.randrange(1, 30) * HOUR
            told = (rhythm.key(dice, at), at, text, one.talk.desk.name, one.talk.user)
            found[text] = Golden(*told, expected(one, good))
    return sorted(found.values(), key=lambda question: question.at)


def expected(one: Said, among: Sequence[Said]) -> tuple[UUID, ...]:
    """The memory that the question was made of, and others that answer the same question of the same traveller."""
    asked = one.sentence.ask.format(**one.blanks)
    same = [other.id for other in among if other.talk.user == one.talk.user and other.sentence is one.sentence
            and other.sentence.ask.format(**other.blanks) == asked]  # fmt: skip
    return (one.id, *[id for id in same if id != one.id][: EXPECTED - 1])


def asked(month: Month, everything: Sequence[Said]) -> Iterator[Asked]:
    """What is traced of the month, oldest first: the questions of travellers whose words are known by then."""
    dice = month.dice("asked")
    known = [one for one in everything if one.sentence.ask]
    for hour in month.hours():
        mean = TRACED * rhythm.busy(month, hour) * (12 if month.is_bad(hour) else 1)
        for at in sorted(rhythm.within(dice, hour) for _ in range(rhythm.times(dice, mean))):
            one = known[dice.randrange(max(1, int(len(known) * month.day(at) / rhythm.DAYS)))]
            lost = dice.random() < 0.12
            text = dice.choice(NOWHERE) if lost else saying.capital(one.sentence.ask.format(**one.blanks))
            failed = month.is_bad(at) and dice.random() < traffic.BAD_FAILED
            id, ms = rhythm.key(dice, at), traffic.ms(dice, month, hour)
            yield Asked(id, at, text, one.talk.desk.name, "" if lost else one.talk.user, ms, lost, failed)


def nights(month: Month) -> list[datetime]:
    """When the house looks at itself: each night of the month."""
    first = month.begin.replace(hour=3) + timedelta(minutes=20)
    every = [first + timedelta(days=night) for night in range(rhythm.DAYS + 1)]
    return [at for at in every if month.begin < at < month.end]
