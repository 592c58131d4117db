"""Conversations with marked evidence, read from files in LoCoMo's format; and how well a ranking found the evidence."""

import json
import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

OWN = Path(__file__).resolve().parent / "sets" / "house.json"
KS = (5, 10, 25, 50)
CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}
ANSWERED = "1-4"  # the categories whose answer was said; 5 asks for what was not


@dataclass(frozen=True)
class Turn:
    name: str  # "D1:3": the third turn of the first session
    session: str
    speaker: str
    text: str
    at: datetime  # when its session began


@dataclass(frozen=True)
class Question:
    text: str
    evidence: frozenset[str]  # names of turns
    category: int


@dataclass(frozen=True)
class Talk:
    user: str
    turns: tuple[Turn, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Row:
    """What became of one question: the share of its evidence among the first k, 1 / rank of the first, time taken."""

    shares: tuple[float, ...]  # one for each of KS, [0, 1]
    reciprocal: float
    ms: float


@dataclass(frozen=True)
class Figures:
    """Means over some questions: recall at each of KS in percent, mean reciprocal rank, times in ms."""

    n: int
    recall: dict[int, float]
    mrr: float
    p50: float
    p95: float


def read(path: Path) -> list[Talk]:
    """The conversations of a file. Questions without evidence that was said are left out."""
    return [_talk(path.stem, item) for item in json.loads(path.read_text())]


def _talk(file: str, item: dict[str, Any]) -> Talk:
    said = item["conversation"]
    turns = tuple(turn for key in _sessions(said) for turn in _turns(said, key))
    names = {turn.name for turn in turns}
    asked = [Question(q["question"], names & frozenset(q.get("evidence", [])), q["category"]) for q in item["qa"]]
    return Talk(f"{file}/{item['sample_id']}", turns, tuple(q for q in asked if q.evidence))


def _sessions(said: dict[str, Any]) -> list[str]:
    """Keys of the sessions by number: the tenth comes after the second."""
    return sorted((key for key in said if re.fullmatch(r"session_\d+", key)), key=lambda key: int(key.split("_")[1]))


def _turns(said: dict[str, Any], key: str) -> list[Turn]:
    at = datetime.strptime(said[f"{key}_date_time"], "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
    return [Turn(turn["dia_id"], key, turn["speaker"], _text(turn), at) for turn in said[key]]


def _text(turn: dict[str, Any]) -> str:
    """What was said, and what the picture sent with it shows."""
    return turn["text"] + (f" [{turn['blip_caption']}]" if turn.get("blip_caption") else "")


def judge(ranked: Sequence[Any], evidence: Iterable[Any], ms: float) -> Row:
    wanted = set(evidence)
    first = next((place for place, one in enumerate(ranked, 1) if one in wanted), None)
    shares = tuple(len(wanted & set(ranked[:k])) / len(wanted) for k in KS)
    return Row(shares, 1 / first if first else 0.0, ms)


def groups(category: int) -> list[str]:
    """The lines of a table in which a question of this category counts."""
    return [CATEGORIES[category], *([ANSWERED] if category < 5 else []), "all"]


def figures(judged: Iterable[tuple[Question, Row]]) -> dict[str, Figures]:
    """Figures per category, of `1-4` and of `all`, in the order of a table; a category nobody asked is absent."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for question, row in judged:
        for group in groups(question.category):
            rows[group].append(row)
    return {group: _mean(rows[group]) for group in (*CATEGORIES.values(), ANSWERED, "all") if group in rows}


def _mean(rows: list[Row]) -> Figures:
    recall = {k: 100 * statistics.fmean(row.shares[i] for row in rows) for i, k in enumerate(KS)}
    took = sorted(row.ms for row in rows)
    mrr = statistics.fmean(row.reciprocal for row in rows)
    return Figures(len(rows), recall, mrr, took[len(took) // 2], took[int(len(took) * 0.95)])
