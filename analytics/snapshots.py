"""Snapshots: how many memories there are, by kind, state, tier and age, once in an hour or more often."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, CharField, Count, Q, Value, When
from django.utils import timezone

from analytics import counts, rollups
from analytics.counts import Cell, hour_of
from analytics.models import Progress
from events import feed, ledger
from memory.models import Memory
from tenants import bounds

# How long ago a memory was stored, youngest first; what is in none of them is `older`.
AGES = {"day": 1, "week": 7, "month": 30, "quarter": 91, "year": 365}
OLDER = "older"
METRICS = ("stock_kind", "stock_state", "stock_tier", "stock_age")
_KINDS = {
    "stock_kind": Memory.Kind.values,
    "stock_state": Memory.State.values,
    "stock_tier": Memory.Tier.values,
    "stock_age": [*AGES, OLDER],
}


@transaction.atomic
def take(now: datetime | None = None) -> bool:
    """Write what there is into the hour that runs; False when nothing was told since this hour's last snapshot.

    One statement over the memories.
    """
    at, row = now or timezone.now(), rollups.progress()
    tenant = ledger.current_tenant_id()
    seq = feed.last_seq(tenant) if tenant else 0
    if row.stock_at and hour_of(row.stock_at) == hour_of(at) and row.stock_seq == seq:
        return False
    with bounds.bound_to(()):
        counts.rewrite(METRICS, hour_of(at), _cells(at))
    Progress.objects.filter(pk=1).update(stock_seq=seq, stock_at=at)
    return True


def _cells(at: datetime) -> Iterator[Cell]:
    told: Counter[tuple[str, str, str]] = Counter()
    live = Q(state=Memory.State.ACTIVE) & (Q(expires_at=None) | Q(expires_at__gt=at))
    groups = Memory.objects.order_by().values("namespace", "kind", "state", "tier", age=_age(at))
    for row in groups.annotate(all=Count("id"), live=Count("id", filter=live)):
        told["stock_state", row["state"], row["namespace"]] += row["all"]
        for name in ("kind", "tier", "age"):
            told[f"stock_{name}", row[name], row["namespace"]] += row["live"]
    # Of nothing there is none, and that is known.
    told.update({(metric, kind, ""): 0 for metric, kinds in _KINDS.items() for kind in kinds})
    for (metric, kind, domain), n in told.items():
        yield Cell(metric, hour_of(at), kind=kind, domain=domain, n=n, total=n, least=n, most=n)


def _age(at: datetime) -> Case:
    since = {name: at - timedelta(days=days) for name, days in AGES.items()}
    bands = [When(created_at__gt=begin, then=Value(name)) for name, begin in since.items()]
    return Case(*bands, default=Value(OLDER), output_field=CharField())
