"""How fast one socket may send: a burst, and so many messages a second, whatever its key's limits are."""

import time

from api.sockets.frames import MANY, Refused

BURST, A_SECOND = 200, 50
TOO_FAST = Refused(4429, MANY, "Too many messages; come back in a minute, with `since`.")


class Pace:
    def __init__(self) -> None:
        self._left, self._at = float(BURST), time.monotonic()

    def step(self) -> None:
        """One more message. Raises Refused, TOO_FAST."""
        now = time.monotonic()
        self._left = min(BURST, self._left + (now - self._at) * A_SECOND)
        self._at = now
        if self._left < 1:
            raise TOO_FAST
        self._left -= 1
