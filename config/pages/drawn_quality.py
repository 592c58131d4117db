"""An evaluation as the page of quality draws it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse

from automation import registry
from memory.models import Evaluation, Memory, Question
from memory.tiers import cold

WORSE, LINES, MISSED = 10, 100, 4  # questions that are worse, questions, memories of each that are shown with words
WIDTH, HEIGHT = 640, 150
SERIES = (("recall", "Recall"), ("mrr", "MRR"), ("ndcg", "nDCG"))
FATES = {
    "answers": "others stand before it now", "silent": "it was silenced", "superseded": "it was superseded",
    "over": "its validity ended", "deleted": "it was deleted", "gone": "it is gone for good",
}  # fmt: skip
BLAMED = {
    "model": "Embedding model", "ranking": "Weights of the ranking", "version": "Version of Memhouse",
    "settings": "Settings", "policy": "Policy", "run": "Run", "import": "Import", "erasure": "Erasure",
    "question": "Question",
}  # fmt: skip


def cards(row: Evaluation) -> list[dict[str, Any]]:
    """Each figure, with how much better or worse the questions in common are than in the evaluation before."""
    against = row.told["against"]
    moved = {name: against[name] - against[f"{name}_was"] for name in ("recall", "mrr")} if against else {}
    return [{"label": label, "value": getattr(row, name), "moved": moved.get(name)} for name, label in SERIES]


def detail(row: Evaluation) -> dict[str, Any]:
    """Its questions and those that are worse with their words, and what changed."""
    told = row.told
    worst = sorted(told["lines"], key=lambda line: (line["recall"], line["reciprocal"]))[:LINES]
    worse = told["worse"][:WORSE]
    keys = {UUID(line["key"]) for line in worst} | {UUID(one["question"]) for one in worse}
    asked = Question.objects.in_bulk(keys)
    texts = _texts(_missed(worst) + [lost["memory"] for one in worse for lost in one["lost"][:MISSED]])
    return {
        "lines": [_line(line, asked, texts) for line in worst],
        "worse": [_worse(one, asked, texts) for one in worse],
        "changes": [_change(one) for one in told["changes"]],
    }


def _missed(lines: Sequence[dict[str, Any]]) -> list[str]:
    return [key for line in lines for key in line["missing"][:MISSED]]


def _texts(ids: list[str]) -> dict[str, str]:
    """The words of memories, as far as they may be read."""
    rows = list(Memory.objects.light().readable().filter(pk__in={UUID(key) for key in ids}))
    cold.fill(rows)
    return {str(row.pk): row.content[:120] for row in rows}


def _line(line: dict[str, Any], asked: dict[UUID, Question], texts: dict[str, str]) -> dict[str, Any]:
    return line | {
        "row": asked.get(UUID(line["key"])),
        "found": line["expected"] - len(line["missing"]),
        "place": round(1 / line["reciprocal"]) if line["reciprocal"] else None,
        "missed": [{"id": key, "says": texts.get(key, "")} for key in _missed([line])],
    }


def _worse(one: dict[str, Any], asked: dict[UUID, Question], texts: dict[str, str]) -> dict[str, Any]:
    lost = [
        lost | {"says": texts.get(lost["memory"], ""), "why": FATES.get(lost["now"], f"it is {lost['now']}")}
        for lost in one["lost"][:MISSED]
    ]
    return one | {"row": asked.get(UUID(one["question"])), "lost": lost}


def _change(one: dict[str, Any]) -> dict[str, Any]:
    """What changed in words, with the page that it has."""
    data, what = one["data"], one["what"]
    job = registry.JOBS.get(data.get("job", ""))
    says = [job.label if job else data["job"]] if "job" in data else []
    says += [f"{data['was'] or 'none'} → {data.get('is', data.get('model', ''))}"] if "was" in data else []
    if what in ("policy", "settings"):
        says += [", ".join(data.get("fields", [])) or one["type"].partition(".")[2]]
    links = what in ("run", "policy") and not one["type"].endswith("deleted")
    url = reverse(what, args=[one["subject"]]) if links else ""
    return {
        "label": BLAMED[what],
        "says": ", ".join(text for text in says if text),
        "at": when(one.get("at")),
        "url": url,
    }


def when(at: str | None) -> str:
    """A time as evaluations keep it, in days and minutes."""
    return (at or "")[:16].replace("T", " ")


def chart(rows: Sequence[Evaluation], shown: Evaluation | None) -> dict[str, Any] | None:
    """Recall, MRR and nDCG as lines, oldest first; None for fewer than two evaluations."""
    if len(rows) < 2:
        return None
    step = WIDTH / (len(rows) - 1)
    lines = [{"name": label, "at": at, "points": _points(rows, name, step)} for at, (name, label) in enumerate(SERIES)]
    dots = [
        {
            "x": round(at * step, 1),
            "y": _height(row.recall),
            "row": row,
            "here": shown is not None and row.pk == shown.pk,
        }
        for at, row in enumerate(rows)
    ]
    bands = [{"y": _height(share), "says": f"{share:.0%}"} for share in (1.0, 0.75, 0.5, 0.25)]
    return {"lines": lines, "dots": dots, "bands": bands, "first": rows[0], "last": rows[-1]}


def _points(rows: Sequence[Evaluation], name: str, step: float) -> str:
    return " ".join(f"{at * step:.1f},{_height(getattr(row, name))}" for at, row in enumerate(rows))


def _height(share: float) -> float:
    return round(HEIGHT * (1 - share), 1)
