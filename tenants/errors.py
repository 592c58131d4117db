"""What can be wrong with a caller, or with what it asks of the doorkeeper.

SpeakerError
├── Unauthenticated   no credential, or one that is unknown, expired or revoked
├── TooManyTries      to sign in with a password, for this account or from this address; carries the seconds to wait
├── TenantMismatch    a tenant was named that the credential does not open; answered like an unknown one
├── TenantNeeded      a credential of the platform must name the tenant for this
└── Suspended         the credential is good, and its tenant is closed

DoorError
├── BadKey            a key that cannot be: `pointer` says which part
├── KeyOver           the key was revoked, has expired or was rotated already
├── LastOwner         a tenant keeps one owner at least
├── OwnersOnly        only an owner gives or takes the role of owner
└── IsMember          this person is a member already

LimitError
├── RateLimited       too many requests in a window; carries the seconds to wait and the window
├── QuotaExceeded     as much is kept or was done today as the plan allows; carries quota, use and limit
└── TooManySockets    as many sockets of this credential, or of the tenant, are open as may be; carries which and limit

TenantError
├── WrongState        a tenant in this state cannot do that
└── WrongName         who deletes a tenant types its slug
"""

from typing import Any


class SpeakerError(Exception):
    pass


class Unauthenticated(SpeakerError):
    pass


class TooManyTries(SpeakerError):
    def __init__(self, wait: int) -> None:
        super().__init__(f"wait {wait} s")
        self.wait = wait


class TenantMismatch(SpeakerError):
    pass


class TenantNeeded(SpeakerError):
    pass


class DoorError(Exception):
    pass


class BadKey(DoorError):
    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(f"{pointer} {detail}")
        self.pointer, self.detail = pointer, detail


class KeyOver(DoorError):
    pass


class LastOwner(DoorError):
    pass


class OwnersOnly(DoorError):
    pass


class IsMember(DoorError):
    pass


class LimitError(Exception):
    pass


class RateLimited(LimitError):
    """`wait` in seconds; `window` is the limits.Window that refused, `windows` those that may be announced."""

    def __init__(self, wait: int, window: Any, windows: tuple[Any, ...]) -> None:
        super().__init__(window.name)
        self.wait, self.window, self.windows = wait, window, windows


class QuotaExceeded(LimitError):
    """`wait` in seconds, None where waiting does not help."""

    def __init__(self, quota: str, used: int, hard: int, wait: int | None = None) -> None:
        super().__init__(quota)
        self.quota, self.used, self.hard, self.wait = quota, used, hard, wait


class TooManySockets(LimitError):
    """`whose` is `credential` or `tenant`."""

    def __init__(self, whose: str, limit: int) -> None:
        super().__init__(whose)
        self.whose, self.limit = whose, limit


class Suspended(SpeakerError):
    pass


class TenantError(Exception):
    pass


class WrongState(TenantError):
    def __init__(self, state: str) -> None:
        super().__init__(f"the tenant is {state}")
        self.state = state


class WrongName(TenantError):
    pass
