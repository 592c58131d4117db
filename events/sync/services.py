"""Services: they make themselves known, open lines to us, keep them open and leave."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from events import ledger
from events.sync.errors import BadMessage, TooManyServices
from events.sync.models import Line, Message, Receipt, Service

LEASE = 30.0  # seconds that a line lives without being renewed
MOST, MOST_CAPABILITIES = 1000, 32
FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")
State = Receipt.State


def check_name(name: str, pointer: str) -> None:
    """Raises BadMessage for what cannot be a service's id."""
    if not FORM.fullmatch(name):
        raise BadMessage(pointer, "must be letters, digits and . _ : / -, at most 64, and begin with one of the former")


@transaction.atomic
def identify(service_id: str, capabilities: Sequence[str] | None = None) -> Service:
    """Know a service, from now on or again. `capabilities` are kinds that it wants of broadcasts; None: as before.

    Told as `sync.identified` when it is new or can something else. Raises BadMessage, TooManyServices.
    """
    check_name(service_id, "/service_id")
    able = None if capabilities is None else _checked(capabilities)
    now = timezone.now()
    (service,) = named([service_id], now)
    service = Service.objects.select_for_update(no_key=True).get(pk=service.pk)
    news = service.seen_at is None or (able is not None and able != service.capabilities)
    service.capabilities = service.capabilities if able is None else able
    service.seen_at = now
    service.save(update_fields=["capabilities", "seen_at"])
    if news:
        ledger.record("sync.identified", service, service=service_id, capabilities=service.capabilities)
    return service


def named(names: Iterable[str], now: datetime) -> list[Service]:
    """The services of these names, made where they are not known yet. Raises TooManyServices."""
    wanted = sorted(set(names))
    found = list(Service.objects.filter(service_id__in=wanted))
    missing = set(wanted) - {service.service_id for service in found}
    if not missing:
        return found
    if Service.objects.count() + len(missing) > MOST:
        raise TooManyServices(f"a tenant has at most {MOST} services")
    rows = [Service(service_id=name, created_at=now) for name in sorted(missing)]
    Service.objects.bulk_create(rows, ignore_conflicts=True)
    return list(Service.objects.filter(service_id__in=wanted))


def hearing(kind: str, source: str, now: datetime) -> QuerySet[Service]:
    """Who gets a broadcast: all but its source who were seen of late and want this kind."""
    rows = Service.objects.filter(seen_at__gte=now - timedelta(days=settings.SYNC_DAYS)).exclude(service_id=source)
    return rows.filter(Q(capabilities=[]) | Q(capabilities__contains=[kind]))


@transaction.atomic
def open_line(service_id: str, capabilities: Sequence[str] | None, line: UUID) -> Service:
    """Identify over a socket; what lines that are gone had is due at once. Raises as `identify` does."""
    service, now = identify(service_id, capabilities), timezone.now()
    Line.objects.filter(service=service, until__lte=now).delete()
    told = {"service": service, "until": now + timedelta(seconds=LEASE)}
    Line.objects.update_or_create(id=line, defaults=told)
    live = Line.objects.filter(pk=OuterRef("line"))
    _release(service.receipts.filter(~Exists(live), state=State.SENT, line__isnull=False), now)
    return service


def renew(line: UUID) -> bool:
    """Keep a line open; False when it was closed, or its service is forgotten."""
    now = timezone.now()
    kept = Line.objects.filter(pk=line).update(until=now + timedelta(seconds=LEASE))
    Service.objects.filter(lines=line).update(seen_at=now)
    return bool(kept)


@transaction.atomic
def close_line(line: UUID) -> None:
    """The socket is gone: what it had and did not acknowledge is due at once."""
    _release(Receipt.objects.filter(line=line, state=State.SENT), timezone.now())
    Line.objects.filter(pk=line).delete()


def connected(now: datetime) -> Exists:
    """Whether a service (OuterRef) has an open line."""
    return Exists(Line.objects.filter(service=OuterRef("pk"), until__gt=now))


def listed() -> QuerySet[Service]:
    """Every service by its name, with `connected`."""
    return Service.objects.annotate(connected=connected(timezone.now())).order_by("service_id")


def _release(rows: QuerySet[Receipt], now: datetime) -> None:
    rows.update(state=State.WAITING, next_at=now, line=None)


def _checked(capabilities: Sequence[str]) -> list[str]:
    if not set(capabilities) <= set(Message.Kind.values):
        raise BadMessage("/capabilities", f"must be some of {', '.join(Message.Kind.values)}")
    return sorted(set(capabilities))
