"""The tenant in the URL: `/t/<slug>/…` is `…` inside that tenant."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import set_script_prefix
from django_tenants.utils import tenant_context

from events import actors
from tenants.models import SLUG_FORM, Tenant

Handler = Callable[[HttpRequest], HttpResponse]


def tenant_of(request: HttpRequest) -> Tenant | None:
    """The tenant that a console request is inside of; None at the platform's level."""
    return getattr(request, "tenant", None)


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
        request.tenant = None  # type: ignore[attr-defined]
        if not request.path_info.startswith("/console/") or not request.user.is_authenticated:
            return get_response(request)
        with actors.acting_as(f"user:{request.user.pk}", person_id=request.user.pk):
            if not request.named_tenant:  # type: ignore[attr-defined]
                return get_response(request)
            tenant = Tenant.objects.filter(slug=request.named_tenant).first()  # type: ignore[attr-defined]
            if tenant is None or not request.user.may_enter(tenant):
                raise Http404
            request.tenant = tenant  # type: ignore[attr-defined]
            with tenant_context(tenant):
                return get_response(request)

    return middleware
