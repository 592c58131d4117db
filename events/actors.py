"""Who is acting, how the request came, and since when: set where a caller is recognised, read by ledger and gate."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from uuid import UUID

from django.utils import timezone


@dataclass(frozen=True)
class Acting:
    """Who acts; all but `since` stands beside each fact. `key_id` or `person_id` say who `actor` is, for good."""

    actor: str = "system"
    key_id: UUID | None = None
    person_id: UUID | None = None
    ip: str | None = None
    request_id: str = ""
    since: datetime | None = None  # when the work began; None: now


NOBODY = Acting()
_acting: ContextVar[Acting] = ContextVar("acting", default=NOBODY)


def current() -> str:
    """The acting principal as `kind:id`, for example `key:4f9c…`; `system` when nobody asked."""
    return _acting.get().actor


def acting() -> Acting:
    return _acting.get()


def told() -> dict[str, Any]:
    """What stands beside each fact, by column."""
    return {name: value for name, value in vars(_acting.get()).items() if name != "since"}


def since() -> datetime:
    """When the work that is done here began; now, when nobody said."""
    return _acting.get().since or timezone.now()


@contextmanager
def going_on(told: Acting) -> Iterator[None]:
    """Act as was told earlier: for what goes on after its request, in another thread or a stream."""
    token = _acting.set(told)
    try:
        yield
    finally:
        _acting.reset(token)


@contextmanager
def acting_as(
    actor: str, since: datetime | None = None, *, key_id: UUID | None = None, person_id: UUID | None = None
) -> Iterator[None]:
    """Act as this principal; address and request id stay those of the request.

    In work that began at `since`; None: with the work around it, or now.
    """
    began = since or _acting.get().since or timezone.now()
    with going_on(replace(_acting.get(), actor=actor, key_id=key_id, person_id=person_id, since=began)):
        yield


@contextmanager
def asked_from(ip: str, request_id: str) -> Iterator[None]:
    """A request begins: where it comes from, and what it is called."""
    with going_on(Acting(ip=address(ip), request_id=request_id, since=timezone.now())):
        yield


def address(ip: str) -> str | None:
    """An IP address as PostgreSQL can hold it; None for what is none, such as a socket's path."""
    try:
        return str(ip_address(ip.partition("%")[0]))
    except ValueError:
        return None
