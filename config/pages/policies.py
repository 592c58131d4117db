"""The policies of a tenant: what runs by itself, when next, and what it did last; run one now."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from automation import asked, policies
from automation.errors import AutomationError, BadPolicy
from automation.models import Policy, TaskRun
from config.pages import drawn_runs, policy_words
from config.pages.base import tenant_here
from memory.errors import LibraryError
from tenants.middleware import may

LISTED = 200


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    tenant_here(request)
    rows = list(policies.rows().select_related("tenant").prefetch_related("timers")[:LISTED])
    context = admin.site.each_context(request) | {
        "title": "Policies",
        "policies": drawn_all(sorted(rows, key=policies.nearness)),
        "may_manage": may(request, "policies.manage"),
    }
    return TemplateResponse(request, "console/policies.html", context)


def drawn_all(rows: Sequence[Policy]) -> list[dict[str, Any]]:
    """Policies as pages show them; one statement for the latest run of each."""
    ids = [policy.pk for policy in rows]
    latest = TaskRun.objects.filter(policy__in=ids, dry_run=False).order_by("policy", "-id").distinct("policy")
    last = {run.policy_id: run for run in latest}
    standing = {policy.pk for policy in policies.standing(rows)}
    return [drawn(policy, last.get(policy.pk), standing=policy.pk in standing) for policy in rows]


def drawn(policy: Policy, last: TaskRun | None, *, standing: bool) -> dict[str, Any]:
    due = [timer for timer in policy.timers.all() if timer.next_at]
    first = min(due, key=lambda timer: timer.next_at or timezone.now(), default=None)
    return {
        "row": policy,
        "whom": policy_words.whom(policy),
        "dot": "active" if standing else "waiting" if policy.enabled else "idle",
        "state": "on" if standing else "outside its window" if policy.enabled else "off",
        "jobs": [
            {
                "name": name,
                "label": policy_words.label(name),
                "on": bool(told.get("enabled")),
                "when": policy_words.when(policy, name),
            }
            for name, told in policy.jobs.items()
        ],
        "type": policy_words.TYPES[policy.type],
        "next": first,
        "next_label": policy_words.label(first.job) if first else "",
        "last": last,
        "last_label": policy_words.label(last.job) if last else "",
        "counts": drawn_runs.counts(last) if last else [],
        "sentence": policy_words.sentence(policy),
    }


@require_POST
def run(request: HttpRequest, policy_id: UUID) -> HttpResponse:
    """Start the job that is named, or all that the policy has on."""
    tenant_here(request)
    policy = policies.find(policy_id)
    if policy is None:
        raise Http404
    try:
        started = asked.run(policy, request.POST.get("job", ""))
    except BadPolicy as error:
        messages.error(request, f"Not started: what was named {error.detail}.")
        return redirect("policies")
    except (AutomationError, LibraryError) as error:
        messages.error(request, f"Not started: {error}.")
        return redirect("policies")
    if not started:
        messages.warning(request, "No job was started: this policy has none switched on.")
        return redirect("policies")
    return redirect("run", started[0].pk) if len(started) == 1 else redirect("runs")
