"""Evaluations: keep one, tell when it is worse than the one before, look at the latest and at those before."""

from typing import Any
from uuid import UUID

from django.db import transaction

from events import actors, ledger
from memory.algorithms.judging import Judged
from memory.models import Evaluation
from memory.privacy import gate
from memory.privacy.subjects import Subject
from tenants import bounds

KEPT = 400  # of a scope, when an evaluation does not say how many
FIGURES = ("questions", "recall", "mrr", "ndcg", "p50_ms", "p95_ms", "regressed")


@transaction.atomic
def keep(told: dict[str, Any], run_id: UUID | None = None) -> dict[str, str]:
    """Keep what memory.upkeep.evaluate found, and forget the oldest of its scope; what `withdraw` needs is answered.

    Nothing is kept of a user who was erased, nor of more than whoever asks may see.
    """
    scope = {"namespace": told["namespace"], "user_id": told["user_id"]}
    if bounds.current() and not scope["namespace"]:
        return {}  # whoever is bound to namespaces saw only a part of what it would be of
    if scope["user_id"] and gate.refused([(0, {Subject("user", scope["user_id"])}, actors.since())]):
        return {}
    most = told.get("keep", KEPT)
    row = Evaluation.objects.create(**scope, **{name: told[name] for name in FIGURES}, told=told, run_id=run_id)
    _forget_old(scope, most)
    shown: dict[str, Any] = scope | {
        "questions": row.questions,
        "recall": round(row.recall, 4),
        "mrr": round(row.mrr, 4),
    }
    ledger.record("evaluation.completed", row, **shown)
    if row.regressed:
        against = told["against"]
        was: dict[str, Any] = {"recall_was": round(against["recall_was"], 4), "mrr_was": round(against["mrr_was"], 4)}
        ledger.record("evaluation.regressed", row, **shown, **was, worse=len(told["worse"]))
    return {"evaluation": str(row.pk)}


def _forget_old(scope: dict[str, str], most: int) -> None:
    rows = Evaluation.objects.filter(**scope).order_by("-id")
    last = rows.values_list("pk", flat=True)[most - 1 : most].first()
    if last:
        rows.filter(pk__lt=last).delete()


@transaction.atomic
def withdraw(outcome: dict[str, str]) -> bool:
    """Take back what `keep` answered; False when it is not there any more."""
    row = Evaluation.objects.filter(pk__in=[outcome["evaluation"]] if outcome else []).first()
    if row is None or not Evaluation.objects.filter(pk=row.pk).delete()[0]:
        return False
    ledger.record("evaluation.withdrawn", row, namespace=row.namespace, user_id=row.user_id)
    return True


def of(user_id: str = "", namespace: str = "") -> Any:
    """Those of one scope, unordered; of the whole tenant, when neither is named."""
    return Evaluation.objects.filter(user_id=user_id, namespace=namespace)


def latest(user_id: str = "", namespace: str = "") -> Evaluation | None:
    return of(user_id, namespace).order_by("-id").first()


def lines(row: Evaluation) -> dict[str, Judged]:
    """Its questions as they were judged, by id."""
    told = [line | {"at": {int(k): v for k, v in line["at"].items()}} for line in row.told["lines"]]
    return {line["key"]: Judged(**line | {"missing": tuple(line["missing"])}) for line in told}
