"""What can be wrong with a caller.

SpeakerError
├── Unauthenticated   no credential, or one that is unknown, expired or revoked
└── TenantMismatch    a tenant was named that the credential does not open; answered like an unknown one
"""


class SpeakerError(Exception):
    pass


class Unauthenticated(SpeakerError):
    pass


class TenantMismatch(SpeakerError):
    pass
