"""Encryption of secrets, and of what is kept outside the tables: cold content, hot copies, files of transfers.

A sealed value is `0x01 | key id (16) | nonce (12) | ciphertext and tag`, AES-256-GCM. Each tenant and each purpose has
a key of its own, made by HKDF from a master key of DATA_KEYS; the key id says from which. The additional data bind a
value to its place, so that it cannot be moved to another row or tenant.
"""

import hashlib
import hmac
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

FORM = b"\x01"
KEY_ID, NONCE = 16, 12
HEAD = len(FORM) + KEY_ID + NONCE


class Unsealable(Exception):
    """It was sealed for something else, was tampered with, or its key is not known."""


def seal(plain: bytes, tenant_id: object, purpose: str, place: str) -> bytes:
    """Encrypt for one tenant, one purpose and one place."""
    master = settings.DATA_KEYS[0]
    head = FORM + _key_id(master) + secrets.token_bytes(NONCE)
    return head + _cipher(master, str(tenant_id), purpose).encrypt(head[-NONCE:], plain, place.encode())


def unseal(sealed: bytes, tenant_id: object, purpose: str, place: str) -> bytes:
    """What was sealed for the same tenant, purpose and place. Raises Unsealable."""
    master = next((key for key in settings.DATA_KEYS if sealed[1 : 1 + KEY_ID] == _key_id(key)), None)
    if sealed[:1] != FORM or master is None:
        raise Unsealable(f"{place} was sealed with a key that is not in DATA_KEYS")
    cipher = _cipher(master, str(tenant_id), purpose)
    try:
        return cipher.decrypt(sealed[HEAD - NONCE : HEAD], sealed[HEAD:], place.encode())
    except InvalidTag:
        raise Unsealable(f"{place} is not what was sealed there") from None


@lru_cache(maxsize=8)
def _key_id(master: str) -> bytes:
    return hashlib.sha256(b"memhouse key id " + master.encode()).digest()[:KEY_ID]


def marks(text: bytes, tenant_id: object, purpose: str) -> list[str]:
    """HMAC-SHA256 of a text by each key of DATA_KEYS, in hex; the first is that of the key that seals."""
    keys = [_secret(master, str(tenant_id), purpose) for master in settings.DATA_KEYS]
    return [hmac.new(secret, text, hashlib.sha256).hexdigest() for secret in keys]


@lru_cache(maxsize=1024)
def _cipher(master: str, tenant_id: str, purpose: str) -> AESGCM:
    return AESGCM(_secret(master, tenant_id, purpose))


@lru_cache(maxsize=1024)
def _secret(master: str, tenant_id: str, purpose: str) -> bytes:
    info = f"memhouse|{purpose}|{tenant_id}".encode()
    return HKDF(hashes.SHA256(), 32, salt=None, info=info).derive(master.encode())
