"""What the pages share."""

from django.http import Http404, HttpRequest

from tenants.middleware import tenant_of
from tenants.models import Tenant


def tenant_here(request: HttpRequest) -> Tenant:
    """The tenant that the page is inside of; these pages exist nowhere else."""
    tenant = tenant_of(request)
    if tenant is None:
        raise Http404
    return tenant


def asked_for(request: HttpRequest, *names: str) -> dict[str, str]:
    """Query parameters as PostgreSQL can hold them; empty when they were not sent."""
    return {name: request.GET.get(name, "").replace("\x00", "").strip()[:1000] for name in names}


def between(text: str, least: int, most: int, default: int) -> int:
    """A number out of a query parameter, pushed between its limits."""
    return min(max(int(text), least), most) if text.isascii() and text.isdigit() and len(text) < 10 else default
