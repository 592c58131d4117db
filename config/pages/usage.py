"""Usage: one tenant's against its quotas, and all tenants' with what it costs, to look at and as CSV."""

import csv
import io
from datetime import date
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET

from config.pages.base import asked_for, between
from memory.algorithms.lines import safe
from tenants import limits, metering, plans
from tenants.metered import LONG
from tenants.middleware import tenant_of
from tenants.models import Tenant

DAYS = (7, 30, 90)
COSTS = ("requests", "searches", "kept", "total")


@require_GET
def usage(request: HttpRequest) -> HttpResponse:
    """Inside a tenant its own page, outside that of all tenants."""
    tenant = tenant_of(request)
    return _own(request, tenant) if tenant else _all(request)


@require_GET
def download(request: HttpRequest) -> HttpResponse:
    """The same as CSV: a row for each day and key of a tenant, or one for each tenant."""
    tenant, (first, last) = tenant_of(request), _range(request)
    rows = _lines_of_one(tenant, first, last) if tenant else _lines_of_all(first, last)
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows([safe(str(cell)) for cell in row] for row in rows)
    response = HttpResponse(out.getvalue(), content_type="text/csv; charset=utf-8")
    name = tenant.slug if tenant else "all"
    response["Content-Disposition"] = f'attachment; filename="usage-{name}-{first}-{last}.csv"'
    return response


def _range(request: HttpRequest) -> tuple[date, date]:
    days = between(asked_for(request, "days")["days"], 1, 366, 30)
    last = metering.today()
    return metering.days_before(last, days), last


def _page(request: HttpRequest, title: str, more: dict[str, Any]) -> HttpResponse:
    first, last = _range(request)
    chosen = (last - first).days + 1
    spans = [{"days": days, "chosen": days == chosen} for days in DAYS]
    context = admin.site.each_context(request) | {"title": title, "spans": spans, "chosen_days": chosen} | more
    return TemplateResponse(request, "console/usage.html", context)


def _own(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    first, last = _range(request)
    by_day = {
        row["day"]: sum(row[name] for name in metering.CALLS) for row in metering.used(first, last, ["day"], tenant)
    }
    more = {
        "own": True,
        "plan": plans.plan_of(tenant).name,
        "quotas": [_bar(quota) for quota in (*_rates(tenant), *metering.quotas(tenant))],
        "days": _columns(by_day, first, last),
        "rows": [_counted(row["key"], row) for row in metering.used(first, last, ["key"], tenant)],
    }
    return _page(request, "Usage", more)


def _all(request: HttpRequest) -> HttpResponse:
    first, last = _range(request)
    rows = metering.showback(first, last)
    for row in rows:
        row["spark"] = _columns(row["days"], first, last)
        row["calls"] = sum(row["counts"][name] for name in metering.CALLS)
    most = max((row["calls"] for row in rows), default=0) or 1
    for row in rows:
        row["width"] = round(100 * row["calls"] / most)
    return _page(request, "Usage", {"tenants": rows})


def _counted(name: str, row: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "counts": row}


def _rates(tenant: Tenant) -> list[dict[str, Any]]:
    """The hour and the day that end now, where the plan limits them, in the words of quotas."""
    names = {LONG["hour"]: "requests an hour", LONG["day"]: "requests a day"}
    windows = limits.standing_long(tenant)
    return [{"quota": names[w.seconds], "used": w.limit - w.left, "soft": None, "hard": w.limit} for w in windows]


def _bar(quota: dict[str, Any]) -> dict[str, Any]:
    """A quota with its bar: filled up to the hard limit, or to the soft one where there is no other."""
    most = quota["hard"] if quota["hard"] is not None else quota["soft"]
    width = min(100, round(100 * quota["used"] / most)) if most else 100 * (most == 0)
    over = quota["soft"] is not None and quota["used"] >= quota["soft"]
    full = quota["hard"] is not None and quota["used"] >= quota["hard"]
    return quota | {"most": most, "width": width, "level": "full" if full else "over" if over else ""}


def _columns(counts: dict[date, int], first: date, last: date) -> list[dict[str, Any]]:
    most = max(counts.values(), default=0) or 1
    days = metering.days_of(first, last)
    return [{"at": d, "count": counts.get(d, 0), "height": round(100 * counts.get(d, 0) / most)} for d in days]


def _lines_of_one(tenant: Tenant, first: date, last: date) -> list[list[Any]]:
    rows = metering.used(first, last, ["day", "key"], tenant)
    head = ["day", "key", *metering.COUNTS]
    return [head, *([row[name] for name in head] for row in rows)]


def _lines_of_all(first: date, last: date) -> list[list[Any]]:
    head = ["tenant", "plan", "from", "to", *metering.COUNTS, "memories", "bytes", "currency"]
    lines: list[list[Any]] = [[*head, *(f"cost_{name}" for name in COSTS)]]
    for row in metering.showback(first, last):
        told = row | row["counts"] | {"from": first, "to": last}
        lines.append([*(told[name] for name in head), *(f"{row['cost'][name]:.6f}" for name in COSTS)])
    return lines
