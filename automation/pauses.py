"""Pauses: windows in which no policy starts anything by itself, in one tenant or in all.

When one is over, the slots that lay in it go by their policy's misfire rule, and crossings are looked at.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from automation.checking import YEARS
from automation.errors import BadPolicy
from automation.models import Pause
from events import actors, ledger
from memory.errors import OutsideNamespaces
from tenants import bounds

LONGEST = timedelta(days=366)


@transaction.atomic
def add(starts_at: datetime, ends_at: datetime, reason: str = "", *, tenant_id: UUID | None = None) -> Pause:
    """A pause of one tenant, or of all. Raises BadPolicy, OutsideNamespaces."""
    _not_bound()
    if ends_at.year not in YEARS:
        raise BadPolicy("/ends_at", f"is from {YEARS.start} to {YEARS.stop - 1}")
    if ends_at <= max(starts_at, timezone.now()):
        raise BadPolicy("/ends_at", "is not after starts_at and now")
    if ends_at - starts_at > LONGEST:
        raise BadPolicy("/ends_at", f"is more than {LONGEST.days} days after starts_at")
    pause = Pause(tenant_id=tenant_id, starts_at=starts_at, ends_at=ends_at, reason=reason, actor=actors.current())
    pause.save(force_insert=True)
    times = {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}
    ledger.record("schedule.paused", pause, tenant_id=tenant_id, **times)
    return pause


@transaction.atomic
def end(pause_id: UUID, *, tenant_id: UUID | None = None) -> bool:
    """Take a pause of this tenant, or of all, away; false when there is none. Raises OutsideNamespaces."""
    _not_bound()
    pause = Pause.objects.select_for_update().filter(pk=pause_id, tenant=tenant_id).first()
    if pause is None:
        return False
    ledger.record("schedule.resumed", pause, tenant_id=tenant_id)
    pause.delete()
    return True


def of(tenant_id: UUID | None) -> QuerySet[Pause]:
    """Those of a tenant and of all, newest first; for None all there are."""
    rows = Pause.objects.order_by("-id")
    return rows.filter(Q(tenant=tenant_id) | Q(tenant=None)) if tenant_id else rows


def standing(tenant_id: UUID, now: datetime) -> bool:
    """Whether the tenant rests now."""
    return of(tenant_id).filter(starts_at__lte=now, ends_at__gt=now).exists()


def _not_bound() -> None:
    """Who is bound to some namespaces does not stop what others run."""
    if bounds.current():
        raise OutsideNamespaces("*")
