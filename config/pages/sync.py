"""The Sync page: the tenant's services, how their queue does, their messages with receipts, and a message to try."""

import json
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET, require_POST
from rest_framework.exceptions import ParseError

from api.gate import read_json
from config.pages.base import asked_for, tenant_here
from config.pages.runs import span
from events.sync import messages as sent
from events.sync import metrics, receipts, services
from events.sync.errors import BadMessage, NothingDead, SyncError
from events.sync.messages import Draft
from events.sync.models import Message, Receipt
from memory.errors import Erased
from memory.privacy import between
from tenants.middleware import may

LISTED, SERVICES = 30, 200
LONGEST = 160  # characters of a message's data
CONSOLE = "console"  # the service that a message of this page's form comes from
DOTS = {
    "waiting": "waiting", "sent": "running", "failed": "waiting", "acknowledged": "active", "dead": "suspended",
    "expired": "idle",
}  # fmt: skip


@require_GET
def sync(request: HttpRequest) -> HttpResponse:
    tenant_here(request)
    asked = asked_for(request, "state", "service", "before")
    state = asked["state"] if asked["state"] in Receipt.State.values else ""
    rows = sent.listed(asked["service"][:64], state).prefetch_related("receipts__service").order_by("-id")
    if before := _uuid(asked["before"]):
        rows = rows.filter(id__lt=before)
    found = list(rows[: LISTED + 1])
    total, each = metrics.queues()
    known = list(services.listed()[:SERVICES])
    context = admin.site.each_context(request) | {
        "title": "Sync",
        "asked": asked,
        "total": total,
        "oldest": span(total.oldest_seconds),
        "latency": _milliseconds(total.last_hour.p95_ms),
        "owed": total.waiting + total.sent + total.failed,
        "services": [_service(one, each.get(one.pk, metrics.Queue())) for one in known],
        "hours": _drawn(metrics.hours()),
        "messages_sent": [_message(row) for row in found[:LISTED]],
        "older": found[LISTED - 1].pk if len(found) > LISTED else None,
        "states": Receipt.State.choices,
        "kinds": Message.Kind.values,
        "actions": Message.Action.values,
        "may_write": may(request, "sync.write"),
    }
    return TemplateResponse(request, "console/sync.html", context)


def _service(row: Any, queue: metrics.Queue) -> dict[str, Any]:
    hour = queue.last_hour if queue.last_hour.acknowledged else queue.last_day
    return {
        "row": row,
        "queue": queue,
        "owed": queue.waiting + queue.sent + queue.failed,
        "p50": _milliseconds(hour.p50_ms),
        "p95": _milliseconds(hour.p95_ms),
    }


def _message(row: Message) -> dict[str, Any]:
    data = json.dumps(row.data, ensure_ascii=False)
    owed = list(row.receipts.all())
    return {
        "row": row,
        "data": data[:LONGEST] + ("…" if len(data) > LONGEST else ""),
        "receipts": [{"row": one, "dot": DOTS[one.state]} for one in owed],
        "dead": any(one.state == Receipt.State.DEAD for one in owed),
    }


def _drawn(hours: list[metrics.Hour]) -> list[dict[str, Any]]:
    """Hours with the heights of their columns, in percent of the highest one."""
    most = max(1, *(hour.owed for hour in hours))
    slowest = max(1.0, *(hour.p95_ms or 0.0 for hour in hours))
    return [
        {
            "hour": hour,
            "owed": round(100 * hour.owed / most),
            "slow": round(100 * (hour.p95_ms or 0.0) / slowest),
            "p95": _milliseconds(hour.p95_ms) or "nothing was acknowledged",
        }
        for hour in hours
    ]


def _milliseconds(told: float | None) -> str:
    """A latency in words; empty for None."""
    if told is None:
        return ""
    return f"{told:.0f} ms" if told < 1000 else span(told / 1000)


@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Send the message of the form, in the console's name."""
    tenant_here(request)
    said = {name: request.POST.get(name, "").replace("\x00", "").strip() for name in ("kind", "action", "target")}
    try:
        between.send_many([Draft(CONSOLE, said["kind"], said["action"], _data(request), target=said["target"])])
        messages.success(request, "It is sent, and waits until it is acknowledged.")
    except (SyncError, Erased, ParseError, ValueError) as error:
        messages.error(request, f"Not sent: {_why(error)}.")
    return redirect("sync")


def _data(request: HttpRequest) -> dict[str, Any]:
    """Raises ParseError, ValueError."""
    told = read_json((request.POST.get("data", "") or "{}").encode("utf-8", "surrogatepass"))
    if not isinstance(told, dict):
        raise ValueError
    return told


def _why(error: Exception) -> str:
    if isinstance(error, BadMessage):
        return f"{error.pointer.strip('/')} {error.detail}"
    return str(error) if isinstance(error, SyncError | Erased) else "the data are not a JSON object"


@require_POST
def requeue(request: HttpRequest, message_id: UUID) -> HttpResponse:
    tenant_here(request)
    try:
        count = receipts.requeue(message_id)
        if count:
            messages.success(request, "It is delivered again.")
    except NothingDead as error:
        messages.error(request, f"Not queued: {error}.")
    return redirect("sync")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
