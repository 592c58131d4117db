"""Runs of the housekeeper's jobs: the live list of a tenant or of all of them, and starting one."""

import json
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from automation import asking, looking, registry
from automation.errors import UnknownJob
from automation.models import Policy, TaskRun
from config.pages.base import asked_for, tenant_here
from memory.errors import BadOption, LibraryError
from memory.upkeep.options import described
from memory.upkeep.plan import Reach
from tenants.middleware import may, tenant_of
from tenants.models import Tenant, User

LISTED = 50
MINUTE = 60
DOTS = {
    "pending": "waiting", "running": "running", "succeeded": "active", "failed": "suspended", "dead": "suspended",
    "cancelled": "idle",
}  # fmt: skip


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """The newest runs, how much waits, and what seems stuck. Outside a tenant those of all."""
    tenant = tenant_of(request)
    asked = asked_for(request, "state", "job", "tenant", "stuck", "before")
    rows = looking.here() if tenant else _of_all(asked["tenant"])
    found = list(_narrowed(rows, asked).select_related("tenant").order_by("-id")[: LISTED + 1])
    context = admin.site.each_context(request) | {
        "title": "Runs",
        "inside": tenant is not None,
        "asked": asked,
        "depth": looking.depth(rows),
        "lanes": looking.lanes(rows),
        "runs": drawn_all(found[:LISTED]),
        "older": found[LISTED - 1].pk if len(found) > LISTED else None,
        "states": TaskRun.State.choices,
        "jobs": list(registry.JOBS.values()),
        "options": [{"label": job.label, "options": described(job.options)} for job in registry.JOBS.values()],
        "tenants": [] if tenant else Tenant.objects.filter(scratch=False).order_by("slug").values_list("slug")[:200],
        "priorities": list(asking.LANES),
        "may_start": tenant is not None and may(request, "runs.start"),
        "all": asking.ALL,
    }
    return TemplateResponse(request, "console/runs.html", context)


def _of_all(slug: str) -> QuerySet[TaskRun]:
    return TaskRun.objects.filter(tenant__slug=slug) if slug else TaskRun.objects.all()


def _narrowed(rows: QuerySet[TaskRun], asked: dict[str, str]) -> QuerySet[TaskRun]:
    rows = looking.stuck(rows) if asked["stuck"] else rows
    if before := _uuid(asked["before"]):
        rows = rows.filter(id__lt=before)
    return looking.narrowed(rows, {"state": asked["state"], "job": asked["job"]})


def drawn_all(runs: list[TaskRun]) -> list[dict[str, Any]]:
    """Runs as the pages show them: a statement more for people, and one for policies."""
    names = starters(runs)
    return [drawn(run, names.get(run.started_by, run.started_by)) for run in runs]


def drawn(run: TaskRun, who: str) -> dict[str, Any]:
    now = timezone.now()
    job = registry.JOBS.get(run.job)
    return {
        "row": run,
        "label": job.label if job else "Undo" if run.undoes_id else run.job.replace("_", " ").capitalize(),
        "undoable": bool(job and job.undoable),
        "dot": DOTS[run.state],
        "stuck": looking.why_stuck(run, now),
        "took": span(looking.took(run, now)),
        "width": round(100 * run.done / run.total) if run.total else 100 if run.state == "succeeded" else 0,
        "who": who,
        "whom": run.user_id or run.namespace or "everybody",
        "counts": list(run.result.get("counts", {}).items()),
    }


def starters(runs: list[TaskRun]) -> dict[str, str]:
    """What those who started them are called, by actor: people by e-mail address, policies by name."""
    kinds: dict[str, set[str]] = {"user": set(), "policy": set()}
    for run in runs:
        kind, _, key = run.started_by.partition(":")
        if kind in kinds and _uuid(key):
            kinds[kind].add(key)
    people = User.objects.filter(pk__in=kinds["user"]).values_list("pk", "email")
    rows = Policy.objects.filter(pk__in=kinds["policy"]).only("name")
    told = {f"user:{key}": email for key, email in people} if kinds["user"] else {}
    return told | {f"policy:{row.pk}": str(row) for row in (rows if kinds["policy"] else ())}


def span(seconds: float | None) -> str:
    """A duration in words; empty for None."""
    if seconds is None:
        return ""
    if seconds < MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), MINUTE)
    return f"{minutes} min {rest} s" if minutes < MINUTE else f"{minutes // MINUTE} h {minutes % MINUTE} min"


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Ask for a run, and look at it."""
    tenant_here(request)
    said = {name: request.POST.get(name, "").replace("\x00", "").strip()[:255] for name in ("user_id", "namespace")}
    job, dry_run = request.POST.get("job", ""), bool(request.POST.get("dry_run"))
    asked = request.POST.get("priority", "")
    priority = asked if asked in asking.LANES else asking.NORMAL
    try:
        options = _options(request.POST.get("options", ""))
        run = asking.start(job, Reach(said["namespace"], said["user_id"]), options, dry_run=dry_run, priority=priority)
    except (UnknownJob, LibraryError, ValueError) as error:
        messages.error(request, f"Not started: {_why(error)}.")
        return redirect("runs")
    return redirect("run", run.pk)


def _options(text: str) -> dict[str, Any]:
    """Raises ValueError."""
    told = json.loads(text.replace("\x00", "") or "{}")
    if not isinstance(told, dict):
        raise ValueError
    return told


def _why(error: Exception) -> str:
    if isinstance(error, BadOption):
        return f"the option {error.pointer[1:]} {error.detail}"
    return str(error) if isinstance(error, UnknownJob | LibraryError) else "the options are not a JSON object"


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
