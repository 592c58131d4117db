"""Wake a worker after commit, without waiting for the broker.

A poke is a hint: the rows are the work, and beat's ticks find what a lost poke left. So pokes are sent by a
thread of this process (a publish blocks for seconds while Redis is down), equal ones waiting together become
one, and a failed one is dropped.
"""

import threading
from collections.abc import Callable

import structlog
from celery import current_app
from django.db import transaction

log = structlog.get_logger(__name__)
_waiting: dict[tuple[str, ...], None] = {}  # a dict for its order
_wake = threading.Condition()
_thread: threading.Thread | None = None


def after_commit(task: str, *args: str) -> None:
    """Send `task` with string arguments once the running transaction has committed."""
    transaction.on_commit(lambda: _enqueue(task, *args))


def _enqueue(*poke: str) -> None:
    global _thread
    with _wake:
        _waiting[poke] = None
        if _thread is None or not _thread.is_alive():  # also after a fork, which copies no threads
            _thread = threading.Thread(target=_send_forever, name="poke", daemon=True)
            _thread.start()
        _wake.notify()


def _send_forever() -> None:
    while True:
        with _wake:
            while not _waiting:
                _wake.wait()
            poke = next(iter(_waiting))
            del _waiting[poke]
        _quietly(lambda: current_app.send_task(poke[0], args=poke[1:], expires=60))  # noqa: B023  called at once


def _quietly(send: Callable[[], object]) -> None:
    try:
        send()
    except Exception as error:  # any transport error: the tick does the work instead
        log.warning("poke not sent, the next tick will do", error=type(error).__name__)
