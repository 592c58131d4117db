"""The headers of a delivery, by Standard Webhooks 1.0."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from standardwebhooks import Webhook as Signer


def headers(id: str, at: datetime, body: str, secrets: Sequence[str]) -> dict[str, str]:
    """Signed with each of the secrets (`whsec_…`), so that a receiver that knows one of them is content.

    `at` is in UTC: when this try is made. The id is the same at every try. The formula is the specification's:
    base64 of HMAC-SHA256 over `id.timestamp.body`, see https://www.standardwebhooks.com.
    """
    return {
        "content-type": "application/json",
        "user-agent": f"Memhouse/{settings.VERSION}",
        "webhook-id": id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Signer(secret).sign(id, at, body) for secret in secrets),
    }
