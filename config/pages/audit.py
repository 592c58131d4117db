"""The audit log in the console: of one tenant, or of all; its export, and the check of the chains."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import get_script_prefix, reverse
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET

from api.native.audit import exported, told
from config.pages.base import asked_for
from events import actors, verify
from events import audit as log
from events.models import PLATFORM, Anchor, Event, Stream
from events.types import CATALOGUE
from tenants.middleware import tenant_of
from tenants.models import ApiKey, Tenant, User

SHOWN = 50
FIELDS = ("actor", "type", "subject", "request_id", "ip", "since", "until")
FORMATS = ("jsonl", "csv")
PAGES = {"memory": "admin:memory_memory_change", "session": "session", "apikey": "admin:tenants_apikey_change"}


@require_GET
def audit(request: HttpRequest) -> HttpResponse:
    """Facts, newest first, and the chains that they are in."""
    asked = asked_for(request, *FIELDS, "tenant", "before")
    tenants = _tenants(request)
    order = _order(request)
    rows = _narrowed(request, asked, tenants)
    if before := _place(asked["before"], order):
        rows = rows.filter(**{f"{order}__lt": before})
    found = list(rows.order_by(f"-{order}")[: SHOWN + 1])
    context = admin.site.each_context(request) | {
        "title": "Audit",
        "asked": asked,
        "query": _query({name: value for name, value in asked.items() if value and name != "before"}),
        "types": list(CATALOGUE),
        "tenants": [] if tenant_of(request) else sorted(tenants.values(), key=lambda tenant: tenant.slug),
        "rows": _rows(found[:SHOWN], tenants),
        "older": getattr(found[SHOWN - 1], order) if len(found) > SHOWN else None,
        "chains": _chains(request, tenants),
    }
    return TemplateResponse(request, "console/audit.html", context)


@require_GET
def export(request: HttpRequest) -> StreamingHttpResponse:
    """What the page is narrowed to, as a file, oldest first."""
    asked = asked_for(request, *FIELDS, "tenant", "format")
    form = asked["format"] if asked["format"] in FORMATS else FORMATS[0]
    return exported(request, _narrowed(request, asked, _tenants(request)), form, _order(request))


@require_GET
def check(request: HttpRequest) -> JsonResponse:
    """One page of the check of one chain: what the button asks for until it is told that the chain is complete."""
    asked = asked_for(request, "since", "chain")
    tenant = tenant_of(request)
    key = tenant.id if tenant else _uuid(asked["chain"])
    since = _place(asked["since"], "seq")
    if key is None or not isinstance(since, int):
        raise Http404
    return JsonResponse(told(verify.verify(None if key == PLATFORM else key, since)))


def _tenants(request: HttpRequest) -> dict[UUID, Tenant]:
    tenant = tenant_of(request)
    return {tenant.id: tenant} if tenant else Tenant.objects.in_bulk()


def _narrowed(request: HttpRequest, asked: dict[str, str], tenants: dict[UUID, Tenant]) -> Any:
    plain = {name: asked[name] for name in ("actor", "subject", "request_id")}
    days = {name: _day(asked[name]) for name in ("since", "until")}
    kind = asked["type"] if asked["type"] in CATALOGUE else ""
    ip = actors.address(asked["ip"]) or ""
    rows = log.found(log.Narrowed(**plain, **days, type=kind, ip=ip))  # type: ignore[arg-type]  # by name
    if tenant := tenant_of(request):
        return rows.filter(tenant_id=tenant.id)
    one = next((tenant for tenant in tenants.values() if tenant.slug == asked["tenant"]), None)
    return rows.filter(tenant_id=one.id) if one else rows


def _rows(events: list[Event], tenants: dict[UUID, Tenant]) -> list[dict[str, Any]]:
    """Facts with the names of who acted, which the ledger does not hold: two statements for all of them."""
    keys = ApiKey.objects.filter(pk__in={event.key_id for event in events if event.key_id})
    people = User.objects.filter(pk__in={event.person_id for event in events if event.person_id})
    names: dict[Any, str] = dict(keys.values_list("pk", "name")) | dict(people.values_list("pk", "email"))
    return [
        {
            "event": event,
            "who": names.get(event.person_id or event.key_id) or event.actor,
            "tenant": tenants.get(event.tenant_id) if event.tenant_id else None,
            "link": _link(event, tenants),
            "data": ", ".join(f"{name} {_plain(value)}" for name, value in event.data.items() if value not in ("", [])),
        }
        for event in events
    ]


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return f"{value[:15]}…" if isinstance(value, str) and value.startswith("sha256:") else str(value)


def _link(event: Event, tenants: dict[UUID, Tenant]) -> str:
    """The subject's page inside its tenant; empty for what has none."""
    tenant = tenants.get(event.tenant_id) if event.tenant_id else None
    if tenant is None or event.subject_type not in PAGES or _uuid(event.subject_id) is None:
        return ""
    page = reverse(PAGES[event.subject_type], args=[event.subject_id])
    return f"/t/{tenant.slug}/{page.removeprefix(get_script_prefix())}"


def _chains(request: HttpRequest, tenants: dict[UUID, Tenant]) -> list[dict[str, Any]]:
    """The ends of the chains that this page is about, with their last anchors: two statements."""
    names = {key: tenant.slug for key, tenant in tenants.items()}
    names |= {} if tenant_of(request) else {PLATFORM: "the platform"}
    anchors = Anchor.objects.filter(tenant_id__in=names).order_by("tenant_id", "-seq").distinct("tenant_id")
    anchored = {anchor.tenant_id: anchor for anchor in anchors}
    streams = Stream.objects.filter(tenant_id__in=names)
    told = [{"stream": s, "name": names[s.pk], "anchor": anchored.get(s.pk)} for s in streams]
    return sorted(told, key=lambda chain: str(chain["name"]))


def _query(asked: dict[str, str]) -> QueryDict:
    query = QueryDict(mutable=True)
    query.update(asked)
    return query


def _order(request: HttpRequest) -> str:
    """Within a tenant the numbers are the order; the facts of several go by their ids, and so by time."""
    return "seq" if tenant_of(request) else "id"


def _place(text: str, order: str) -> UUID | int | None:
    if order == "id":
        return _uuid(text)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _day(text: str) -> Any:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
