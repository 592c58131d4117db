"""What waits to be sent over one socket: bounded, in order, and never silently short."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from api.sockets.frames import Refused

MOST = 256  # frames
MOST_CHARACTERS = 4_000_000
PATIENCE = 10.0  # seconds for one send, and for a full queue to be half empty
SLOW = Refused(1013, "slow_reader", "You read slower than there is to tell; come back with `since`.")


class Outbox:
    """Frames in order; who puts one into a full outbox waits, and finds SLOW when it stays full."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, int | None]] = deque()
        self._characters, self._is_slow = 0, False
        self._filled, self._eased = asyncio.Event(), asyncio.Event()

    async def put(self, text: str, seq: int | None = None) -> None:
        """Queue a frame; `seq` is that of the fact it tells. Raises Refused, SLOW."""
        while self._is_full():
            self._eased.clear()
            try:
                await asyncio.wait_for(self._eased.wait(), PATIENCE)
            except TimeoutError:
                self._is_slow = True  # also whoever puts from elsewhere ends the socket, by `write`
                raise SLOW from None
        self._waiting.append((text, seq))
        self._characters += len(text)
        self._filled.set()

    def _is_full(self) -> bool:
        return len(self._waiting) >= MOST or self._characters >= MOST_CHARACTERS

    async def write(self, send: Callable[[str], Awaitable[None]]) -> None:
        """Send what waits, for ever. Raises Refused, SLOW."""
        while True:
            await self._filled.wait()
            while self._waiting:
                if self._is_slow:
                    raise SLOW
                text, _ = self._waiting[0]
                try:
                    async with asyncio.timeout(PATIENCE):  # wait_for would make a task of each frame
                        await send(text)
                except TimeoutError:
                    raise SLOW from None
                self._waiting.popleft()  # only now: what is stuck in `send` was not told
                self._characters -= len(text)
                if len(self._waiting) <= MOST // 2 and self._characters <= MOST_CHARACTERS // 2:
                    self._eased.set()
            self._filled.clear()

    async def emptied(self, within: float) -> None:
        """Wait until all was sent, so long at most."""
        until = asyncio.get_running_loop().time() + within
        while self._waiting and asyncio.get_running_loop().time() < until:
            await asyncio.sleep(0.01)

    def before(self, seq: int) -> int:
        """The number to resume from: before the oldest fact that waits, `seq` where none does."""
        return min((waiting - 1 for _, waiting in self._waiting if waiting is not None), default=seq)
