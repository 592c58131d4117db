"""Who watches recalls: the readers that settings.RECALL_OBSERVERS names, which this floor does not know."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

import structlog
from django.conf import settings
from django.utils.module_loading import import_string

from memory.types import Found, Query

log = structlog.get_logger(__name__)


@dataclass
class Recall:
    """One recall: what was asked, and what was found, or why it could not be answered."""

    query: Query
    found: Found | None = None
    error: Exception | None = None
    began: float = field(default_factory=time.perf_counter)

    def took_ms(self) -> float:
        """Until now, where nothing says it better."""
        return self.found.took_ms if self.found else round((time.perf_counter() - self.began) * 1000, 2)


@contextmanager
def recalls(query: Query) -> Iterator[Recall]:
    """Tell each observer of the recall that is done here, also of one that fails. They must not take time."""
    told = Recall(query)
    try:
        yield told
    except Exception as error:
        told.error = error
        raise
    finally:
        for observer in _observers(tuple(settings.RECALL_OBSERVERS)):
            _tell(observer, told)


def _tell(observer: Callable[[Recall], None], told: Recall) -> None:
    try:
        observer(told)
    except Exception as error:  # whatever it was: a recall does not fail because somebody watched
        log.error("a recall was not noted", observer=observer.__name__, error=type(error).__name__)


@cache
def _observers(names: tuple[str, ...]) -> list[Callable[[Recall], None]]:
    return [import_string(name) for name in names]
