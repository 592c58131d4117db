"""The tenant in the URL: `/t/<slug>/…` is `…` inside that tenant."""

from collections.abc import Callable
from functools import partial

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import set_script_prefix
from django_tenants.utils import tenant_context

from events import actors
from tenants import roles
from tenants.models import SLUG_FORM, Tenant

Handler = Callable[[HttpRequest], HttpResponse]


def tenant_of(request: HttpRequest) -> Tenant | None:
    """The tenant that a console request is inside of; None at the platform's level."""
    return getattr(request, "tenant", None)


def may(request: HttpRequest, operation: str) -> bool:
    """Whether who asks for a console page may do this where they stand: `request.may`, which the table answers."""
    return request.may(operation)  # type: ignore[attr-defined]


def tenant_path(get_response: Handler) -> Handler:
    """Take `/t/<slug>` off the path and remember it. As script prefix, every reversed URL keeps it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.named_tenant = ""  # type: ignore[attr-defined]
        parts = request.path_info.split("/", 3)
        if len(parts) == 4 and parts[1] == "t" and SLUG_FORM.match(parts[2]):
            request.named_tenant = parts[2]  # type: ignore[attr-defined]
            request.path_info = "/" + parts[3]
            set_script_prefix(f"/t/{parts[2]}/")
        return get_response(request)

    return middleware


def console_tenant(get_response: Handler) -> Handler:
    """Let a signed-in person into the tenant that the console's URL names, if it is theirs to enter.

    An API credential is resolved by its door; a person who is not signed in only gets the login page.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        request.tenant, request.may = None, partial(roles.role_may, "")  # type: ignore[attr-defined]
        if not request.path_info.startswith("/console/") or not request.user.is_authenticated:
            return get_response(request)
        with actors.acting_as(f"user:{request.user.pk}", person_id=request.user.pk):
            if not request.named_tenant:  # type: ignore[attr-defined]
                request.may = partial(roles.role_may, request.user.role_in(None))  # type: ignore[attr-defined]
                return get_response(request)
            tenant = Tenant.objects.filter(slug=request.named_tenant).first()  # type: ignore[attr-defined]
            role = request.user.role_in(tenant)
            if tenant is None or not role:
                raise Http404
            if tenant.state != Tenant.State.ACTIVE and not request.user.is_superuser:
                raise PermissionDenied
            request.tenant, request.may = tenant, partial(roles.role_may, role)  # type: ignore[attr-defined]
            with tenant_context(tenant):
                return get_response(request)

    return middleware
