"""What can be wrong with a message, or with what is said of one.

SyncError
├── BadMessage     a part that cannot be; `pointer` says which
├── NotTheirs      messages that are not this service's; `at` are their places in what was sent
├── NothingDead    nothing of this message was given up
├── QueueFull      so much waits in this tenant that no more is taken
└── TooManyServices
"""

from collections.abc import Sequence


class SyncError(Exception):
    pass


class BadMessage(SyncError):
    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(f"{pointer} {detail}")
        self.pointer, self.detail = pointer, detail


class NotTheirs(SyncError):
    def __init__(self, at: Sequence[int]) -> None:
        super().__init__("these are not messages of this service")
        self.at = tuple(at)


class NothingDead(SyncError):
    pass


class QueueFull(SyncError):
    pass


class TooManyServices(SyncError):
    pass
