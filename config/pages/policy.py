"""One policy: made, changed, deleted, and taken back to what a version of it said."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from automation import falling, policies, registry
from automation.errors import AutomationError, BadPolicy, PolicyThere
from automation.models import Policy
from config.pages import asking_jobs, policy_words
from config.pages.base import tenant_here
from config.pages.policies import drawn_all
from memory.errors import BadOption, LibraryError, QualityWouldFall, VersionConflict
from tenants import preferences
from tenants.middleware import may
from tenants.models import User

PLAIN = ("name", "type", "owner", "time_zone", "misfire")
SAID = {"on": True, "off": False}  # of a job; anything else: the policy does not name it
VERSIONS = 20
FELL = "Quality would fall."


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    tenant = tenant_here(request)
    policy = Policy(tenant=tenant, type=Policy.Type.SCHEDULE, owner="")
    wrong = ""
    if request.method == "POST":
        scope: dict[str, Any] = {name: _text(request.POST, name) for name in ("namespace", "user_id")}
        try:
            told = _heard(request.POST)
            if "accept_loss" not in request.POST:
                falling.check_policy(told, **scope)
            made = policies.create(told, **scope)
            messages.success(request, "It holds from now on.")
            return redirect("policy", made.pk)
        except (AutomationError, LibraryError, ValueError) as error:
            wrong = _why(error)
            _keep(policy, request.POST, **scope)
    return _page(request, policy, wrong, {"title": "New policy", "is_new": True})


@require_http_methods(["GET", "POST"])
def policy(request: HttpRequest, policy_id: UUID) -> HttpResponse:
    """What it says, to be changed; a POST changes it."""
    tenant_here(request)
    row = policies.rows().select_related("tenant").prefetch_related("timers").filter(pk=policy_id).first()
    if row is None:
        raise Http404
    wrong = ""
    if request.method == "POST":
        try:
            told = _heard(request.POST)
            if "accept_loss" not in request.POST:
                falling.check_policy(told, row)
            policies.change(policy_id, told, expected=_number(request.POST.get("version", "")))
            messages.success(request, "It holds from now on.")
            return redirect("policy", policy_id)
        except (AutomationError, LibraryError, ValueError) as error:
            wrong = _why(error)
            _keep(row, request.POST)
    more = {"title": str(row), "drawn": drawn_all([row])[0], "versions": _versions(policy_id)}
    return _page(request, row, wrong, more)


@require_POST
def act(request: HttpRequest, policy_id: UUID) -> HttpResponse:
    """Delete it, switch it on or off, or say again what a version said."""
    tenant_here(request)
    step = request.POST.get("step", "")
    try:
        if step == "delete":
            policies.delete(policy_id)
            messages.success(request, "It is deleted. What it did stays, and its runs are kept.")
            return redirect("policies")
        _step(request, policy_id, step)
    except QualityWouldFall as error:
        messages.error(request, f"Not done: {_why(error)}")
        asked = {"fell": step, "version": request.POST.get("version", "")[:9]}
        return redirect(f"{reverse('policy', args=[policy_id])}?{urlencode(asked)}")
    except (AutomationError, LibraryError) as error:
        messages.error(request, f"Not done: {_why(error)}")
    return redirect("policy", policy_id)


def _step(request: HttpRequest, policy_id: UUID, step: str) -> None:
    """Raises QualityWouldFall, unless that is accepted."""
    row, version = policies.find(policy_id), _number(request.POST.get("version", "")) or 0
    gated = row if "accept_loss" not in request.POST else None
    if step in SAID:
        if gated:
            falling.check_policy({"enabled": SAID[step]}, gated)
        policies.change(policy_id, {"enabled": SAID[step]})
    if step == "restore":
        if gated:
            falling.check_version(gated, version)
        policies.restore(policy_id, version)


def _page(request: HttpRequest, policy: Policy, wrong: str, more: dict[str, Any]) -> HttpResponse:
    context = admin.site.each_context(request) | {
        "policy": policy,
        "jobs": [_job(policy, job) for job in registry.JOBS.values()],
        "types": list(policy_words.TYPES.items()),
        "misfires": list(policy_words.MISFIRES.items()),
        "zone": policy.time_zone or preferences.of(policy.tenant).time_zone,
        "sentence": policy_words.sentence(policy),
        "wrong": wrong,
        "fell": request.GET.get("fell", "") or wrong.startswith(FELL),
        "fell_version": _number(request.GET.get("version", "")) or "",
        "may_manage": may(request, "policies.manage"),
    }
    return TemplateResponse(request, "console/policy.html", context | more)


def _job(policy: Policy, job: registry.Job) -> dict[str, Any]:
    told = policy.jobs.get(job.name)
    said = told or {}
    clock = said.get("schedule") or {}
    return {
        "job": job,
        "mode": "none" if told is None else "on" if said.get("enabled") else "off",
        "threshold": said.get("threshold") or "",
        "cron": clock.get("cron_expression") or "",
        "hours": clock.get("interval_hours") or "",
        "immediately": clock.get("run_immediately", False),
        "when": policy_words.when(policy, job.name) if told else "",
        "schedule": policy_words.schedule(clock or None),
        "options": asking_jobs.fields(job, said.get("options", {}), f"{job.name}."),
    }


def _heard(sent: QueryDict) -> dict[str, Any]:
    """The fields of the form, as automation.policies hears them. Raises BadPolicy."""
    told: dict[str, Any] = {name: _text(sent, name) for name in PLAIN if _text(sent, name) or name not in ("owner",)}
    told |= {"enabled": "enabled" in sent, "starts_at": _moment(sent, "starts_at"), "ends_at": _moment(sent, "ends_at")}
    jobs = {job.name: _heard_job(sent, job) for job in registry.JOBS.values()}
    return told | {"jobs": {name: said for name, said in jobs.items() if said is not None}}


def _heard_job(sent: QueryDict, job: registry.Job) -> dict[str, Any] | None:
    before = f"{job.name}."
    mode = sent.get(f"{before}mode", "")
    if mode not in SAID:
        return None
    try:
        options = asking_jobs.without_defaults(job, asking_jobs.heard(job, sent, before))
    except BadOption as error:
        raise BadPolicy(f"/jobs/{job.name}/options{error.pointer}", error.detail) from None
    cron, hours, threshold = (_text(sent, f"{before}{name}") for name in ("_cron", "_hours", "_threshold"))
    clock = {
        "cron_expression": cron or None,
        "interval_hours": _float(hours, f"/jobs/{job.name}/schedule/interval_hours"),
        "run_immediately": f"{before}_immediately" in sent,
    }
    number = _number(threshold) if threshold else None
    if threshold and number is None:
        raise BadPolicy(f"/jobs/{job.name}/threshold", "is a whole number")
    schedule = clock if cron or hours else None
    return {"enabled": SAID[mode], "threshold": number, "schedule": schedule, "options": options}


def _keep(policy: Policy, sent: QueryDict, **scope: str) -> None:
    """What was typed stands in the form again, as far as it can be read."""
    try:
        told = _heard(sent)
    except BadPolicy:
        told = {name: _text(sent, name) for name in PLAIN}
    for name, value in (told | scope).items():
        setattr(policy, name, value)


def _versions(policy_id: UUID) -> list[dict[str, Any]]:
    rows = list(policies.versions(policy_id)[: VERSIONS + 1])
    before, names = [*rows[1:], None], _people({row.actor for row in rows})
    told = [
        {
            "row": row,
            "who": names.get(row.actor, row.actor),
            "changes": policy_words.differences(old.told, row.told) if old else [],
        }
        for row, old in zip(rows, before, strict=True)
    ]
    return told[:VERSIONS]


def _people(actors: set[str]) -> dict[str, str]:
    """E-mail addresses of the people among these actors."""
    keys = [actor.removeprefix("user:") for actor in actors if actor.startswith("user:")]
    return {f"user:{key}": email for key, email in User.objects.filter(pk__in=keys).values_list("pk", "email")}


def _why(error: Exception) -> str:
    if isinstance(error, BadPolicy):
        at = error.pointer.strip("/").replace("/", " › ").replace("_", " ")
        return f"{at} {error.detail}."
    if isinstance(error, QualityWouldFall):
        count = len(error.worse)
        return f"{FELL} {count} saved question{'s' if count > 1 else ''} would find less by it: {error}."
    if isinstance(error, PolicyThere):
        return "There is a policy for this scope already: change that one."
    if isinstance(error, VersionConflict):
        return "Somebody else has changed it meanwhile: load the page again."
    return f"{error}."


def _text(sent: QueryDict, name: str) -> str:
    return sent.get(name, "").replace("\x00", "").strip()[:1_000]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _float(text: str, at: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        raise BadPolicy(at, "is a number") from None


def _moment(sent: QueryDict, name: str) -> datetime | None:
    """A time of the form, in UTC."""
    text = _text(sent, name)
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    except ValueError:
        raise BadPolicy(f"/{name}", "is not a time") from None
