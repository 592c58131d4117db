"""Where a webhook may go: public addresses alone, or those that the operator names."""

from urllib.parse import urlsplit

from django.conf import settings

from events.webhooks.errors import BadWebhook


def check_url(url: str) -> None:
    """Raise BadWebhook for an address that can never be sent to, whatever its name comes to."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise BadWebhook("url", "is not a URL") from None
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise BadWebhook("url", "must begin with https:// and name a host")
    if parts.username or parts.password:
        raise BadWebhook("url", "must not hold a user name or a password")
    if port not in settings.WEBHOOK_PORTS and parts.hostname not in settings.WEBHOOK_PRIVATE_HOSTS:
        raise BadWebhook("url", f"must use one of the ports {', '.join(map(str, settings.WEBHOOK_PORTS))}")
