"""Evaluate recall: ask the saved questions, and hold the answers against those of the evaluation before."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from memory import blame, evaluations, measuring
from memory.algorithms import judging
from memory.algorithms.judging import Judged
from memory.measuring import Measured
from memory.models import Evaluation
from memory.upkeep.options import option
from memory.upkeep.plan import Change, Reach

WORSE = 50  # questions that are named, those that lost most


@dataclass(frozen=True)
class Options:
    most: int = option(500, "How many questions are asked, the newest.", least=1, most=2_000)
    tolerance: float = option(0.01, "Recall or MRR may be so much lower without being told.", least=0.0, most=1.0)
    keep: int = option(400, "How many evaluations of a scope are kept.", least=2, most=5_000)


def plan(reach: Reach, options: Options, now: datetime) -> Iterator[Change]:
    """Asks the saved questions that expect something, and says how well they are answered."""
    asked = measuring.expecting(reach)[: options.most]
    measured = measuring.measure(asked)
    figures = judging.figures(measured.lines)
    if figures is None:
        return
    before = evaluations.latest(reach.user_id, reach.namespace)
    told = _told(measured, figures) | _since(measured, before, options.tolerance)
    told |= {"namespace": reach.namespace, "user_id": reach.user_id, "keep": options.keep}
    why = "worse than before" if told["regressed"] else ""
    yield Change("evaluate", effect="measure", told=told, score=figures.recall, why=why)


def _told(measured: Measured, figures: judging.Figures) -> dict[str, Any]:
    kinds = judging.by_kind(measured.lines)
    return {
        "questions": figures.n,
        "unasked": measured.unasked,
        "degraded": measured.degraded,
        **{name: getattr(figures, name) for name in ("recall", "mrr", "ndcg", "p50_ms", "p95_ms")},
        "at": figures.at,
        "kinds": {kind: asdict(told) for kind, told in kinds.items()},
        "lines": [asdict(line) for line in measured.lines],
        "setup": measuring.setup(),
    }


def _since(measured: Measured, row: Evaluation | None, tolerance: float) -> dict[str, Any]:
    """Held against the evaluation before; one without an embedder, now or then, says nothing of the other."""
    plain: dict[str, Any] = {"regressed": False, "before": None, "against": None, "worse": [], "changes": []}
    if row is None:
        return plain
    now, before = measured.by_key(), evaluations.lines(row)
    against = judging.against(now, before)
    plain |= {"before": str(row.pk), "against": asdict(against) if against else None}
    plain["changes"] = blame.differences(measuring.setup(), row.told["setup"]) + blame.since(row.created_at)
    if against is None:
        return plain
    worse = judging.worse(now, before)
    regressed = against.fell(tolerance) and not (measured.degraded or row.told["degraded"])
    return plain | {"regressed": regressed, "worse": _worse(worse[:WORSE], now, before, row.created_at)}


def _worse(keys: list[str], now: dict[str, Judged], before: dict[str, Judged], since: datetime) -> list[dict[str, Any]]:
    lost = {key: [one for one in now[key].missing if one not in before[key].missing] for key in keys}
    fates = blame.fates({one for ids in lost.values() for one in ids}, since)
    return [
        {
            "question": key,
            "recall": now[key].recall,
            "recall_was": before[key].recall,
            "reciprocal": now[key].reciprocal,
            "reciprocal_was": before[key].reciprocal,
            "lost": [{"memory": one} | fates[one] for one in lost[key]],
        }
        for key in keys
    ]
