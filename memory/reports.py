"""Health reports: keep one, tell when it is bad, look at the latest and at those before."""

from typing import Any
from uuid import UUID

from django.db import transaction

from events import actors, ledger
from memory.models import Report
from memory.privacy import gate
from memory.privacy.subjects import Subject
from tenants import bounds

KEPT = 100  # of a scope, when a report does not say how many


@transaction.atomic
def keep(told: dict[str, Any], run_id: UUID | None = None) -> dict[str, str]:
    """Keep a report of memory.upkeep.health, and forget the oldest of its scope; what `withdraw` needs is answered.

    Below its `alert_threshold` that is told as a fact. Nothing is kept of a user who was erased, nor of more than
    whoever asks may see.
    """
    scope = {"namespace": told["namespace"], "user_id": told["user_id"]}
    if bounds.current() and not scope["namespace"]:
        return {}  # whoever is bound to namespaces saw only a part of what the report would be on
    if scope["user_id"] and gate.refused([(0, {Subject("user", scope["user_id"])}, actors.since())]):
        return {}
    score, status = told["overall_score"], told["status"]
    report = Report.objects.create(**scope, overall=score, status=status, told=told, run_id=run_id)
    _forget_old(scope, told.get("keep", KEPT))
    ledger.record("health.reported", report, **scope, score=score, status=status)
    threshold = told.get("alert_threshold")
    if threshold is not None and score < threshold:
        ledger.record("health.alert", report, **scope, score=score, status=status, threshold=threshold)
    return {"report": str(report.pk)}


def _forget_old(scope: dict[str, str], most: int) -> None:
    rows = Report.objects.filter(**scope).order_by("-id")
    last = rows.values_list("pk", flat=True)[most - 1 : most].first()
    if last:
        rows.filter(pk__lt=last).delete()


@transaction.atomic
def withdraw(outcome: dict[str, str]) -> bool:
    """Take back what `keep` answered; False when the report is not there any more."""
    report = Report.objects.filter(pk__in=[outcome["report"]] if outcome else []).first()
    if report is None or not Report.objects.filter(pk=report.pk).delete()[0]:
        return False
    ledger.record("health.withdrawn", report, namespace=report.namespace, user_id=report.user_id)
    return True


def of(user_id: str = "", namespace: str = "") -> Any:
    """The reports of one scope, unordered; of the whole tenant, when neither is named."""
    return Report.objects.filter(user_id=user_id, namespace=namespace)


def latest(user_id: str = "", namespace: str = "") -> Report | None:
    return of(user_id, namespace).order_by("-id").first()
