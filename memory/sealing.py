"""Sealing of content: as events.sealing, and what cannot be opened is unreadable like all else that is kept outside."""

from events import sealing
from events.sealing import marks, seal
from memory.errors import Unreadable

__all__ = ["marks", "seal", "unseal"]


def unseal(sealed: bytes, tenant_id: object, purpose: str, place: str) -> bytes:
    """What was sealed for the same tenant, purpose and place. Raises Unreadable."""
    try:
        return sealing.unseal(sealed, tenant_id, purpose, place)
    except sealing.Unsealable as error:
        raise Unreadable(str(error)) from None
