"""The simulator: what a rule would do to memories, its thresholds movable; then do it, then take it back."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from automation import ladders, looking, policies, registry, runner, simulate
from automation.errors import NotUndoable, RunOver
from automation.models import Policy
from config.pages import asking_jobs, drawn_runs, drawn_simulation
from config.pages.base import asked_for, tenant_here
from memory.errors import BadOption, LibraryError
from memory.upkeep.plan import Reach
from tenants.middleware import may

FIRST = "forget"  # shown when nothing is chosen
STALE = timedelta(hours=12)  # an older page is simulated anew
FEW = 500  # memories whose lanes are found before the page is sent
REACH = ("user_id", "namespace")


@dataclass(frozen=True)
class Asked:
    """What the form asks: a job with its options, for whom, and which policy they were taken from."""

    job: registry.Job
    options: dict[str, Any]
    reach: Reach
    policy: Policy | None
    now: datetime
    wrong: str = ""


@require_GET
def simulator(request: HttpRequest) -> HttpResponse:
    """The form, and what it comes to. With `run` the run that was started here, as it moves."""
    tenant_here(request)
    page: dict[str, Any] = {
        "title": "Simulator",
        "may_apply": may(request, "runs.start"),
        "may_undo": may(request, "runs.undo"),
    }
    if registry.JOBS:
        asked = _asked(request.GET)
        run = drawn_runs.one(_run(request))
        page |= _form(asked) | {"run": run}
        if not asked.wrong and not (run and run["running"]):
            page |= _simulated(asked, part="part" in request.GET)
    return TemplateResponse(request, "console/simulator.html", admin.site.each_context(request) | page)


@require_POST
def apply(request: HttpRequest) -> HttpResponse:
    """Start a run of what was shown, unless it comes to something else by now."""
    tenant_here(request)
    asked = _asked(request.POST)
    query = request.POST.copy()
    for name in ("csrfmiddlewaretoken", "seen", "now"):
        query.pop(name, None)
    if asked.wrong:
        messages.error(request, f"Not started: {asked.wrong}.")
        return redirect(f"{reverse('simulator')}?{query.urlencode()}")
    found = simulate.simulate(asked.job.name, asked.reach, asked.options, asked.now, asking=False)
    if str(found.writes) != request.POST.get("seen"):
        messages.error(request, f"Not started: it has come to {found.writes} changes meanwhile. Look again.")
        return redirect(f"{reverse('simulator')}?{query.urlencode()}")
    try:
        run = runner.start(asked.job.name, asked.reach, asked.options, policy=asked.policy, now=asked.now)
        query["run"] = str(run.pk) if run else ""
    except LibraryError as error:
        messages.error(request, f"Not started: {error}.")
    return redirect(f"{reverse('simulator')}?{query.urlencode()}")


@require_POST
def undo(request: HttpRequest, run_id: UUID) -> HttpResponse:
    tenant_here(request)
    try:
        undoing = runner.undo(run_id) if looking.one(run_id) else None
    except (RunOver, NotUndoable, LibraryError) as error:
        messages.error(request, f"Not undone: {error}.")
        undoing = None
    back = QueryDict(request.POST.get("back", "")[:4_000], mutable=True)
    back["run"] = str(undoing.pk if undoing else run_id)
    return redirect(f"{reverse('simulator')}?{back.urlencode()}")


def _run(request: HttpRequest) -> Any:
    try:
        return looking.one(UUID(asked_for(request, "run")["run"]))
    except ValueError:
        return None


def _asked(sent: QueryDict) -> Asked:
    said = {name: sent.get(name, "").replace("\x00", "").strip()[:255] for name in ("job", "policy", "now", *REACH)}
    policy = _policy(said["policy"])
    of = simulate.of_policy(policy, said["job"]) if policy else None
    name = of.job if of else said["job"] if said["job"] in registry.JOBS else _first()
    job = registry.find(name)
    own = Reach(said["namespace"], said["user_id"])
    reach = of.reach if of and policy and own in (Reach(), Reach(policy.namespace, policy.user_id)) else own
    now = _moment(said["now"])
    try:
        return Asked(job, (of.options if of else {}) | asking_jobs.heard(job, sent), reach, policy, now)
    except BadOption as error:
        wrong = f"{error.pointer.strip('/').replace('_', ' ')} {error.detail}"
        return Asked(job, of.options if of else {}, reach, policy, now, wrong)


def _first() -> str:
    return FIRST if FIRST in registry.JOBS else next(iter(registry.JOBS))


def _policy(text: str) -> Policy | None:
    try:
        return policies.find(UUID(text))
    except ValueError:
        return None


def _moment(text: str) -> datetime:
    """The moment of an earlier look, when it is a recent one."""
    now = timezone.now()
    try:
        then = datetime.fromisoformat(text.replace(" ", "+"))
        return then if then.tzinfo and now - STALE < then <= now else now
    except ValueError:
        return now


def _form(asked: Asked) -> dict[str, Any]:
    fields = asking_jobs.fields(asked.job, asked.options)
    return {
        "asked": asked,
        "jobs": sorted(registry.JOBS.values(), key=lambda job: job.label),
        "policies": list(policies.rows()[:200]),
        "thresholds": [field for field in fields if field["threshold"]],
        "options": [field for field in fields if not field["threshold"]],
        "changed": [field for field in fields if field["changed"] and not field["threshold"]],
    }


def _simulated(asked: Asked, *, part: bool) -> dict[str, Any]:
    """What the rule comes to. `part`: for a page that has the lanes. A wrong option is told in its place."""
    try:
        found = simulate.simulate(asked.job.name, asked.reach, asked.options, asked.now)
        few = not part and found.forecast.total <= FEW
        ladder = ladders.ladder(asked.job, asked.reach, asked.options, asked.now) if few else None
    except BadOption as error:
        return {"asked": replace(asked, wrong=f"{error.pointer.strip('/')} {error.detail}")}
    return {"found": found} | drawn_simulation.drawn(found, ladder)


@require_GET
def lanes(request: HttpRequest) -> HttpResponse:
    """What moving the thresholds needs, for many memories: the page is there before this is found."""
    tenant_here(request)
    asked = _asked(request.GET) if registry.JOBS else None
    if asked is None or asked.wrong:
        raise Http404
    try:
        found = simulate.simulate(asked.job.name, asked.reach, asked.options, asked.now)
        ladder = ladders.ladder(asked.job, asked.reach, asked.options, asked.now)
    except BadOption:
        raise Http404 from None
    return JsonResponse(drawn_simulation.live(found, ladder))
