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
