"""What stands at the very edge: which address a request really comes from, and what browsers may do with an answer."""

from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Handler = Callable[[HttpRequest], HttpResponse]
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb", "browsing-topics")
)


def true_address(get_response: Handler) -> Handler:
    """Behind NUM_PROXIES proxies, put the caller's address into REMOTE_ADDR; everybody else reads it there.

    Each proxy adds who spoke to it at the right of X-Forwarded-For, so the first of ours wrote the entry that counts.
    What stands left of that was sent by the caller and means nothing.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        told = request.headers.get("X-Forwarded-For", "").split(",")
        if 0 < settings.NUM_PROXIES <= len(told) and (address := _address(told[-settings.NUM_PROXIES])):
            request.META["REMOTE_ADDR"] = address
        return get_response(request)

    return middleware


def _address(text: str) -> str:
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return ""


def browser_features(get_response: Handler) -> Handler:
    """No page of ours asks for a camera or a place, so no page may."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.setdefault("Permissions-Policy", PERMISSIONS)
        return response

    return middleware
