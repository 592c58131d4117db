"""The calendar: a week of all that runs by itself, where runs meet, when all rests; of one tenant or of all."""

from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from automation import calendar, pauses, policies
from automation.calendar import Planned
from automation.errors import BadPolicy
from automation.models import Pause, Policy, TaskRun
from config.pages import policy_words
from config.pages.base import asked_for
from tenants import preferences
from tenants.middleware import may, tenant_of

SHOWN = 3  # marks in one hour; the others are counted
NEXT = 12
DAYS = 7
FIELDS = {"/starts_at": "From", "/ends_at": "Until"}


@require_GET
def week(request: HttpRequest) -> HttpResponse:
    tenant = tenant_of(request)
    zone = ZoneInfo(preferences.of(tenant).time_zone if tenant else "UTC")
    now = timezone.now()
    since = _monday(asked_for(request, "week")["week"], now, zone)
    until = since + timedelta(days=DAYS)
    found = policies.rows() if tenant else Policy.objects.all()
    told = calendar.between(since, until, found, tenant_id=tenant.pk if tenant else None)
    soon = calendar.between(now, now + timedelta(days=DAYS), found, tenant_id=tenant.pk if tenant else None)
    rests = list(pauses.of(tenant.pk if tenant else None).select_related("tenant").filter(ends_at__gt=now)[:50])
    context = admin.site.each_context(request) | {
        "title": "Calendar",
        "inside": tenant is not None,
        "zone": str(zone),
        "today": now.astimezone(zone).date().isoformat(),
        "days": [since.astimezone(zone).date() + timedelta(days=day) for day in range(DAYS)],
        "hours": _hours(told, _past(found, since, min(until, now)), rests, since, zone, now),
        "collisions": told.collisions[:20],
        "met": [_met(each, zone) for each in told.collisions[:20]],
        "truncated": told.truncated,
        "jobs": _legend((*told.runs, *soon.runs)),
        "next": [_next(planned, zone) for planned in soon.runs[:NEXT]],
        "rests": [_rest(rest, now, zone) for rest in rests],
        "before": (since - timedelta(days=DAYS)).astimezone(zone).date(),
        "after": until.astimezone(zone).date(),
        "may_manage": may(request, "policies.manage" if tenant else "tenants.manage"),
        "may_run": tenant is not None and may(request, "policies.manage"),
    }
    return TemplateResponse(request, "console/calendar.html", context)


@require_POST
def pause(request: HttpRequest) -> HttpResponse:
    """Begin a pause, or end one."""
    tenant = tenant_of(request)
    tenant_id = tenant.pk if tenant else None
    zone = ZoneInfo(preferences.of(tenant).time_zone if tenant else "UTC")
    try:
        if ending := request.POST.get("end"):
            pauses.end(UUID(ending), tenant_id=tenant_id)
        else:
            begins = _local(request.POST.get("starts_at", ""), zone) or timezone.now()
            ends = _local(request.POST.get("ends_at", ""), zone)
            if ends is None:
                raise BadPolicy("/ends_at", "says until when")
            reason = request.POST.get("reason", "").replace("\x00", "")[:300]
            pauses.add(begins, ends, reason, tenant_id=tenant_id)
            messages.success(request, "Nothing starts by itself in that time.")
    except BadPolicy as error:
        said = error.detail.replace("starts_at", "From")
        messages.error(request, f"Not paused: {FIELDS.get(error.pointer, error.pointer)} {said}.")
    except ValueError as error:
        messages.error(request, f"Not paused: {error}.")
    return redirect("calendar")


def _local(text: str, zone: ZoneInfo) -> datetime | None:
    """A time of the form, in the calendar's zone. Raises ValueError."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC) if text else None


def _monday(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The beginning of the week that a day lies in; of this week when no such day is named."""
    try:
        day = datetime.fromisoformat(text).date()
        day = day if 2000 <= day.year <= 2100 else now.astimezone(zone).date()
    except ValueError:
        day = now.astimezone(zone).date()
    return datetime.combine(day - timedelta(days=day.weekday()), time(), zone).astimezone(UTC)


def _past(found: QuerySet[Policy], since: datetime, until: datetime) -> list[TaskRun]:
    """What policies started in this week so far."""
    rows = TaskRun.objects.filter(policy__in=found, created_at__gte=since, created_at__lt=until, slot__isnull=False)
    return list(rows.select_related("policy", "tenant").order_by("id")[: calendar.MOST])


Cell = dict[str, Any]


def _hours(
    told: calendar.Calendar, past: list[TaskRun], rests: list[Pause], since: datetime, zone: ZoneInfo, now: datetime
) -> list[dict[str, Any]]:
    """The grid: each hour of the day with its seven cells."""
    marks: dict[tuple[int, int], list[Cell]] = defaultdict(list)
    met = {id(planned) for each in told.collisions for planned in each.runs}
    monday = since.astimezone(zone).date()
    for mark in [*(_done(run, zone) for run in past), *(_mark(each, zone, id(each) in met) for each in told.runs)]:
        marks[mark["at"].hour, (mark["at"].date() - monday).days].append(mark)
    return [
        {"hour": hour, "cells": [_cell(marks[hour, day], hour, day, since, zone, rests, now) for day in range(DAYS)]}
        for hour in range(24)
    ]


def _cell(
    marks: list[Cell], hour: int, day: int, since: datetime, zone: ZoneInfo, rests: list[Pause], now: datetime
) -> dict[str, Any]:
    begins = datetime.combine(since.astimezone(zone).date() + timedelta(days=day), time(hour), zone).astimezone(UTC)
    ends = begins + timedelta(hours=1)
    return {
        "marks": marks[:SHOWN],
        "more": max(0, len(marks) - SHOWN),
        "met": any(mark.get("met") for mark in marks),
        "paused": any(rest.starts_at < ends and rest.ends_at > begins for rest in rests),
        "now": begins <= now < ends,
        "past": ends <= now,
    }


def _mark(planned: Planned, zone: ZoneInfo, met: bool) -> Cell:
    return _told(planned.policy, planned.job, planned.at, zone) | {"met": met, "paused": planned.paused}


def _done(run: TaskRun, zone: ZoneInfo) -> Cell:
    assert run.policy is not None
    return _told(run.policy, run.job, run.created_at, zone) | {"run": run, "bad": run.state in ("failed", "dead")}


def _told(policy: Policy, job: str, at: datetime, zone: ZoneInfo) -> Cell:
    return {
        "at": at.astimezone(zone),
        "policy": policy,
        "job": job,
        "label": policy_words.label(job),
        "tone": policy_words.tone(job),
    }


def _legend(runs: tuple[Planned, ...]) -> list[dict[str, Any]]:
    names = sorted({planned.job for planned in runs}, key=policy_words.place)
    return [{"label": policy_words.label(name), "tone": policy_words.tone(name)} for name in names]


def _met(each: calendar.Collision, zone: ZoneInfo) -> dict[str, Any]:
    jobs = ", ".join(dict.fromkeys(policy_words.label(planned.job) for planned in each.runs))
    says = f"{len(each.runs)} runs begin in one minute" if each.kind == "crowd" else f"{jobs} meet on the same memories"
    return {"at": each.at.astimezone(zone), "says": says, "policy": each.runs[0].policy}


def _next(planned: Planned, zone: ZoneInfo) -> Cell:
    return _told(planned.policy, planned.job, planned.at, zone) | {
        "paused": planned.paused, "moment": planned.at, "whom": policy_words.whom(planned.policy),
    }  # fmt: skip


def _rest(rest: Pause, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    begins, ends = rest.starts_at.astimezone(zone), rest.ends_at.astimezone(zone)
    return {"row": rest, "begins": begins, "ends": ends, "standing": rest.starts_at <= now}
