"""Who is acting, and how the request came: set where a caller is recognised, read by the ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from ipaddress import ip_address
from uuid import UUID


@dataclass(frozen=True)
class Acting:
    """What the ledger writes beside each fact. `key_id` or `person_id` say who `actor` is, for good."""

    actor: str = "system"
    key_id: UUID | None = None
    person_id: UUID | None = None
    ip: str | None = None
    request_id: str = ""


NOBODY = Acting()
_acting: ContextVar[Acting] = ContextVar("acting", default=NOBODY)


def current() -> str:
    """The acting principal as `kind:id`, for example `key:4f9c…`; `system` when nobody asked."""
    return _acting.get().actor


def acting() -> Acting:
    return _acting.get()


@contextmanager
def going_on(told: Acting) -> Iterator[None]:
    """Act as was told earlier: for what goes on after its request, in another thread or a stream."""
    token = _acting.set(told)
    try:
        yield
    finally:
        _acting.reset(token)


@contextmanager
def acting_as(actor: str, *, key_id: UUID | None = None, person_id: UUID | None = None) -> Iterator[None]:
    """Act as this principal; address and request id stay those of the request."""
    with going_on(replace(_acting.get(), actor=actor, key_id=key_id, person_id=person_id)):
        yield


@contextmanager
def asked_from(ip: str, request_id: str) -> Iterator[None]:
    """A request begins: where it comes from, and what it is called."""
    with going_on(Acting(ip=address(ip), request_id=request_id)):
        yield


def address(ip: str) -> str | None:
    """An IP address as PostgreSQL can hold it; None for what is none, such as a socket's path."""
    try:
        return str(ip_address(ip.partition("%")[0]))
    except ValueError:
        return None
