"""Insights: what stands out in the numbers, each found by a stated method, once for its time; listed and dismissed.

The rules look at the last seven days of a domain, and tell a thing once a week. Anomalies are days (and hours of the
last day) that lie outside of what the weeks before let expect, by analytics.forecasting. docs/dashboards.md says more.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from analytics import finding
from analytics.algorithms import steps
from analytics.counts import Span
from analytics.finding import Finding
from analytics.models import Insight
from events import ledger

KEPT = timedelta(days=366)


def look(now: datetime) -> int:
    """Find what stands out and keep what is new; how many there are of it."""
    return keep(list(finding.find(now)), now)


@transaction.atomic
def keep(findings: Sequence[Finding], now: datetime) -> int:
    """Keep what was not found before, each with a fact; and forget what is older than a year."""
    rows = [Insight(**_fields(found), created_at=now) for found in findings]
    Insight.objects.bulk_create(rows, ignore_conflicts=True)
    new = list(Insight.objects.filter(pk__in=[row.pk for row in rows]))
    if new:
        ledger.record_all("insight.found", [(row, _told(row)) for row in new])
    Insight.objects.filter(at__lt=now - KEPT).delete()
    return len(new)


def _fields(found: Finding) -> dict[str, Any]:
    return vars(found) | {"says": found.says[:300], "advice": found.advice[:300], "method": found.method[:64]}


def _told(row: Insight) -> dict[str, Any]:
    return {"kind": row.kind, "severity": row.severity, "metric": row.metric, "namespace": row.domain}


@transaction.atomic
def dismiss(insight_id: UUID) -> Insight | None:
    """Show an insight no more; None when there is none. One that was dismissed stays so, without a fact."""
    row = Insight.objects.filter(pk=insight_id).first()
    if row is None:
        return None
    rows = Insight.objects.filter(pk=row.pk, state=Insight.State.OPEN)
    if rows.update(state=Insight.State.DISMISSED):
        ledger.record("insight.dismissed", row, **_told(row))
    row.state = Insight.State.DISMISSED
    return row


def listed(
    *, state: str = Insight.State.OPEN.value, kind: str = "", severity: str = "", domain: str = "",
    span: Span | None = None,
) -> QuerySet[Insight]:  # fmt: skip
    """Insights, unordered; `state` empty: whatever it is. With a span those that speak of a time within."""
    named = {"state": state, "kind": kind, "severity": severity, "domain": domain}
    rows = Insight.objects.filter(**{name: value for name, value in named.items() if value})
    return rows.filter(at__gte=steps.begin_of(span.begin, "week"), at__lt=span.end) if span else rows
