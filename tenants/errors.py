"""What can be wrong with a caller.

SpeakerError
├── Unauthenticated   no credential, or one that is unknown, expired or revoked
├── TooManyTries      to sign in with a password, for this account or from this address; carries the seconds to wait
└── TenantMismatch    a tenant was named that the credential does not open; answered like an unknown one

LimitError
├── RateLimited       too many requests in the last minute; carries the seconds to wait and the policy
└── QuotaExceeded     as much is kept or was done today as the plan allows; carries quota, use and limit
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


class LimitError(Exception):
    pass


class RateLimited(LimitError):
    """`wait` in seconds; `policy` is the window that refused, `windows` those that may be announced."""

    def __init__(self, wait: int, policy: str, limit: int, windows: tuple[Any, ...]) -> None:
        super().__init__(policy)
        self.wait, self.policy, self.limit, self.windows = wait, policy, limit, windows


class QuotaExceeded(LimitError):
    """`wait` in seconds, None where waiting does not help."""

    def __init__(self, quota: str, used: int, hard: int, wait: int | None = None) -> None:
        super().__init__(quota)
        self.quota, self.used, self.hard, self.wait = quota, used, hard, wait
