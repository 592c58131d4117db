"""Traces as they are read: the list with its filters."""

from typing import Any

from django.db.models import QuerySet

from analytics.models import Trace
from analytics.searches import said

# What a list can be narrowed by, and the rows that are left.
FILTERS = {
    "kind": "kind", "why": "why", "operation": "operation", "namespace": "domain", "user_id": "user_id",
    "request_id": "request_id", "since": "occurred_at__gte", "until": "occurred_at__lt", "min_took_ms": "took_ms__gte",
}  # fmt: skip


def listed(asked: dict[str, Any]) -> QuerySet[Trace]:
    """Traces narrowed by FILTERS and by `empty` (recalls that found nothing), unordered, without all that they tell.

    Each has its question as `question`, None where it is of no recall.
    """
    rows = Trace.objects.defer("told").annotate(question=said())
    rows = rows.filter(**{FILTERS[name]: value for name, value in asked.items() if name in FILTERS and value != ""})
    return rows.filter(found=0) if asked.get("empty") else rows
