"""Sessions: the list, and one conversation read like a chat."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET

from config.pages.base import asked_for, tenant_here
from memory import sessions
from memory.models import Memory
from memory.tiers import cold
from memory.types import Scope

LISTED, SHOWN = 50, 100


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """Sessions of the tenant, newest first."""
    tenant_here(request)
    asked = asked_for(request, "user_id", "namespace", "state", "before")
    rows = sessions.listed(Scope(user_id=asked["user_id"], namespace=asked["namespace"]), asked["state"])
    if before := _uuid(asked["before"]):
        rows = rows.filter(id__lt=before)
    found = list(rows.order_by("-id")[: LISTED + 1])
    context = admin.site.each_context(request) | {
        "title": "Sessions",
        "asked": asked,
        "rows": [{"session": row, "state": sessions.state_of(row)} for row in found[:LISTED]],
        "older": found[LISTED - 1].pk if len(found) > LISTED else None,
    }
    return TemplateResponse(request, "console/sessions.html", context)


@require_GET
def one(request: HttpRequest, session_key: UUID) -> HttpResponse:
    """What was said in one session, in order."""
    tenant_here(request)
    session = sessions.read(session_key)
    if session is None:
        raise Http404
    after = asked_for(request, "after")["after"]
    rows = sessions.said_in(session).light().order_by("position", "id")
    if after.isascii() and after.isdigit() and len(after) < 10:
        rows = rows.filter(position__gt=int(after))
    found = list(rows[: SHOWN + 1])
    cold.fill(found)
    context = admin.site.each_context(request) | {
        "title": session.title or session.session_id,
        "session": session,
        "state": sessions.state_of(session),
        "counts": sessions.counts(session),
        "lines": [{"memory": memory, "side": _side(memory), "who": _who(memory)} for memory in found[:SHOWN]],
        "after": found[SHOWN - 1].position if len(found) > SHOWN else None,
    }
    return TemplateResponse(request, "console/session.html", context)


def _who(memory: Memory) -> str:
    return memory.author or memory.role or memory.agent_id or memory.user_id or "somebody"


def _side(memory: Memory) -> str:
    """Who answers stands on the right: agents, assistants, tools, the system."""
    return "right" if memory.role in ("assistant", "agent", "system", "tool") else "left"


def _uuid(text: str) -> Any:
    try:
        return UUID(text)
    except ValueError:
        return None
