"""Who is acting: set where a caller is recognised, read by the ledger."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_actor: ContextVar[str] = ContextVar("actor", default="system")


def current() -> str:
    """The acting principal as `kind:id`, for example `key:4f9c…`; `system` when nobody asked."""
    return _actor.get()


@contextmanager
def acting_as(actor: str) -> Iterator[None]:
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)
