"""Entities: users, agents, people, tags, sessions and namespaces, with how many memories name each."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from config.pages.base import asked_for, tenant_here
from memory import entities

TABS = (
    ("user", "Users"), ("agent", "Agents"), ("person", "People"), ("tag", "Tags"), ("session", "Session names"),
    ("namespace", "Namespaces"),
)  # fmt: skip
SHOWN = 100
# How the list of memories is narrowed to one of them.
BEHIND = {
    "user": "user_id", "agent": "agent_id", "session": "session_id", "namespace": "namespace",
    "person": "people__contains", "tag": "tags__contains",
}  # fmt: skip


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """One tab a type; the commonest names first."""
    tenant_here(request)
    asked = asked_for(request, "type", "q")
    if asked["type"] not in entities.TYPES:
        asked["type"] = "user"
    found = entities.listed(asked["type"], prefix=asked["q"], limit=SHOWN + 1)
    most = found[0].memories if found else 1
    context = admin.site.each_context(request) | {
        "title": "Entities",
        "asked": asked,
        "tabs": TABS,
        "rows": [_row(asked["type"], entity, most) for entity in found[:SHOWN]],
        "more": len(found) > SHOWN,
    }
    return TemplateResponse(request, "console/entities.html", context)


def _row(type: str, entity: entities.Counted, most: int) -> dict[str, Any]:
    value = _array(entity.name) if type in entities.LABELS else entity.name
    link = f"{reverse('admin:memory_memory_changelist')}?{urlencode({BEHIND[type]: value})}"
    return {"entity": entity, "width": round(100 * entity.memories / most), "link": link}


def _array(name: str) -> str:
    """PostgreSQL's writing of an array with this one text in it."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'{{"{escaped}"}}'
