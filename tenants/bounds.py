"""To which namespaces the one who acts is bound: set where a caller is recognised, obeyed by memory.models.within."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_bound: ContextVar[tuple[str, ...]] = ContextVar("bound", default=())


def current() -> tuple[str, ...]:
    """The namespaces; empty: every one."""
    return _bound.get()


@contextmanager
def bound_to(namespaces: tuple[str, ...]) -> Iterator[None]:
    token = _bound.set(namespaces)
    try:
        yield
    finally:
        _bound.reset(token)
