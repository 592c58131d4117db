"""One run: what it was told, what came of it, its steps and what they changed; stop it, try it again, take it back."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET, require_POST

from automation import looking, registry, runner
from automation.errors import AutomationError
from automation.models import TaskRun
from config.pages.base import asked_for, between, tenant_here
from config.pages.runs import drawn_all
from memory.errors import LibraryError
from memory.models import Step
from memory.upkeep import differences
from tenants.middleware import may

STEPS = 25
LAST = 2**31 - 1
ACTS: dict[str, tuple[str, Callable[[UUID], TaskRun | None], str]] = {
    "cancel": ("runs.start", runner.cancel, "It is stopped; what it had done stays."),
    "retry": ("runs.start", runner.retry, "It is tried again."),
    "undo": ("runs.undo", runner.undo, "This run takes back what the other one did."),
}


@require_GET
def run(request: HttpRequest, run_id: UUID) -> HttpResponse:
    tenant_here(request)
    row = looking.here().select_related("policy", "undoes").filter(pk=run_id).first()
    if row is None:
        raise Http404
    asked = asked_for(request, "action", "after")
    after = between(asked["after"], 0, LAST, 0)
    rows = Step.objects.filter(run_id=row.pk, number__gt=after).order_by("number")
    found = list((rows.filter(action=asked["action"]) if asked["action"] else rows)[: STEPS + 1])
    children = list(row.children.order_by("id")[:STEPS])
    standing = looking.applied([row]).get(row.pk, 0)
    context = admin.site.each_context(request) | {
        "title": "Run",
        "run": drawn_all([row])[0],
        "children": drawn_all(children),
        "bars": _bars(row.result.get("counts", {})),
        "histogram": _histogram(row.result.get("histogram", {})),
        "samples": row.result.get("samples", []),
        "told": [(name, value) for name, value in row.result.items() if isinstance(value, int | float | str)],
        "input": [(name, value) for name, value in row.input.items() if value],
        "steps": [_step(step) for step in found[:STEPS]],
        "after": found[STEPS - 1].number if len(found) > STEPS else None,
        "asked": asked,
        "open": row.state in TaskRun.OPEN,
        "options": json.dumps(row.input.get("options", {})),
        "standing": standing,
        "until": looking.undo_until(row),
        "may_retry": row.state in ("failed", "dead", "cancelled") and may(request, "runs.start"),
        "may_cancel": row.state in TaskRun.OPEN and may(request, "runs.start"),
        "may_do": row.dry_run and row.state == "succeeded" and row.parent_id is None and may(request, "runs.start"),
        "may_undo": bool(standing) and _undoable(row) and may(request, "runs.undo"),
    }
    return TemplateResponse(request, "console/run.html", context)


def _undoable(row: TaskRun) -> bool:
    job = registry.JOBS.get(row.job)
    return bool(
        job and job.undoable and not row.undone_at and row.state not in TaskRun.OPEN and looking.undo_until(row)
    )


def _bars(counts: dict[str, int]) -> list[dict[str, Any]]:
    most = max(counts.values(), default=0) or 1
    ordered = sorted(counts.items(), key=lambda item: -item[1])
    return [{"action": action, "count": count, "width": round(100 * count / most, 1)} for action, count in ordered]


def _histogram(told: dict[str, list[int]]) -> list[dict[str, Any]]:
    """By bin of the score, all actions together: how many, and how high its column is."""
    bins = [sum(column) for column in zip(*told.values(), strict=True)]
    most = max(bins, default=0) or 1
    return [
        {"least": at / len(bins), "count": count, "height": round(100 * count / most)} for at, count in enumerate(bins)
    ]


def _step(step: Step) -> dict[str, Any]:
    parts = [{"name": name, "value": value} for name, value in step.parts.items()]
    changes = differences.of(step)
    for field in (field for change in changes for field in change["fields"].values()):
        field |= {name: _said(field[name]) for name in ("before", "after")}
    short = str(step.subject or "")[-8:]
    return {"row": step, "short": short, "parts": parts, "changes": changes, "made": step.outcome.get("made")}


def _said(value: Any) -> Any:
    """A value that is no plain text or number, as JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | bool) else value


@require_POST
def act(request: HttpRequest, run_id: UUID) -> HttpResponse:
    tenant_here(request)
    operation, do, says = ACTS.get(request.POST.get("step", ""), ("", runner.cancel, ""))
    if not says or looking.one(run_id) is None:
        raise Http404
    if not may(request, operation):
        raise PermissionDenied
    try:
        after = do(run_id)
    except (AutomationError, LibraryError) as error:
        messages.error(request, f"Not done: {error}.")
        return redirect("run", run_id)
    messages.success(request, says)
    return redirect("run", after.pk if after else run_id)
