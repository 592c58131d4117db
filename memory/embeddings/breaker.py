"""A circuit breaker: who fails again and again is not asked for a while, then once to see."""

import threading
import time
from collections import deque

FAILURES, WITHIN = 5, 30.0  # so many in so many seconds open it
OPEN_FOR = 30.0  # seconds


class Breaker:
    """Closed: all pass. Open: none. Then one probe passes; it closes the circuit, or opens it anew."""

    def __init__(self) -> None:
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self._opened_at: float | None = None
        self._lock = threading.Lock()

    def lets_through(self) -> bool:
        with self._lock:
            if self._opened_at is None:
                return True
            if time.monotonic() - self._opened_at < OPEN_FOR:
                return False
            self._opened_at = time.monotonic()  # the others wait for what this one finds
            return True

    def failed(self) -> None:
        with self._lock:
            now = time.monotonic()
            self._failures.append(now)
            if len(self._failures) == FAILURES and now - self._failures[0] <= WITHIN:
                self._opened_at = now

    def worked(self) -> None:
        with self._lock:
            self._failures.clear()
            self._opened_at = None
