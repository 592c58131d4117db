"""Receipts: what an erasure did, content-free, with a checksum and a signature that only this tenant's key can make."""

import hashlib
import hmac
import json
from typing import Any

from events import ledger
from memory import sealing
from memory.models import Erasure
from memory.privacy.erasers import Counts
from memory.privacy.subjects import Subject

FORMAT = 1
PURPOSE = "receipt"
SEALS = ("checksum", "signature")


def made(row: Erasure, subject: Subject, remaining: Counts) -> dict[str, Any]:
    """The receipt of an erasure that is over: counts per store, and what was found afterwards."""
    told: dict[str, Any] = {
        "format": FORMAT,
        "erasure": str(row.pk),
        "tenant": str(ledger.current_tenant_id()),
        "subject": {"type": subject.type, "mark": row.mark},
        "requested_by": row.actor,
        "requested_at": row.created_at.isoformat(),
        "erased_at": row.erased_at.isoformat() if row.erased_at else None,
        "confirmed": row.confirmed,
        "blocked": row.block,
        "erased": row.counts,
        "remaining": remaining,
    }
    text = _text(told)
    return told | {"checksum": hashlib.sha256(text).hexdigest(), "signature": _signatures(text)[0]}


def is_ours(receipt: dict[str, Any]) -> bool:
    """Whether it says what this tenant's receipt said, word for word."""
    text = _text({name: value for name, value in receipt.items() if name not in SEALS})
    checksum, signature = (str(receipt.get(name, "")) for name in SEALS)
    known = any(hmac.compare_digest(signature.encode(), ours.encode()) for ours in _signatures(text))
    return known and checksum == hashlib.sha256(text).hexdigest()


def is_about(receipt: dict[str, Any], subject: Subject) -> bool:
    told = receipt.get("subject")
    return isinstance(told, dict) and told.get("type") == subject.type and told.get("mark") in subject.marks()


def _text(told: dict[str, Any]) -> bytes:
    """The same bytes for the same receipt, in whatever order its keys come."""
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


def _signatures(text: bytes) -> list[str]:
    return sealing.marks(text, ledger.current_tenant_id(), PURPOSE)
