"""Figures: the overview, what was stored and asked by day and hour, sessions, limits, and what is labile."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import counts
from analytics.counts import HOUR, Span, hour_of
from api.dialects.cml.presenters import numbers
from api.dialects.cml.serializers import asking, shown
from api.dialects.cml.views.admin import AdminView
from events import log
from memory import facts, reviews, sessions, stats
from memory.types import Scope
from tenants import keys, limits, plans
from tenants.resolve import Speaker

SESSIONS = 500  # shown at once, the latest
DAY = 24  # hours


class Overview(AdminView):
    """What there is: memories by status and type, facts, events."""

    told = {"GET": shown.Overview}

    def get(self, request: Request) -> Response:
        rows = stats.composition()
        known = [row for row in rows if row["kind"] in facts.KINDS]
        events = log.by_type(self.tenant.pk), log.by_job(self.tenant.pk)
        told = numbers.overview(rows, known, events, reviews.in_question().count())
        return self.answer(told | {"avg_evidence_count": facts.average_evidence()})


class Timeline(AdminView):
    """How many memories were stored, or events told, on each day (UTC)."""

    asked = asking.Timeline
    told = {"GET": shown.Timeline}

    def get(self, request: Request) -> Response:
        asked = self.ask(request)
        if asked["metric"] == "events":
            return self.answer(numbers.timeline(log.per_day(self.tenant.pk, asked["days"])))
        return self.answer(numbers.timeline(stats.growth(days=asked["days"])))


class Sessions(AdminView):
    """Sessions, newest first, and how long they last."""

    operations = {"GET": "sessions.read"}
    told = {"GET": shown.Sessions}

    def get(self, request: Request) -> Response:
        rows = sessions.listed(Scope()).order_by("-id")
        told = {
            "sessions": [numbers.session(row, self.tenant.slug) for row in rows[:SESSIONS]],
            "total_active": sessions.listed(Scope(), "open").count(),
            "total_memories_with_session": stats.in_sessions(),
        }
        return self.answer(told)


class RateLimits(AdminView):
    """How much of its limits each key and the tenant spent, of the minute, the hour and the day; empty without any."""

    operations = {"GET": "usage.read"}
    told = {"GET": shown.RateLimits}

    def get(self, request: Request) -> Response:
        live = [key for key in keys.of(self.tenant) if key.is_live()]
        callers = [Speaker(self.tenant, f"key:{key.public}", key=key) for key in live]
        entries = [numbers.limit(window, self.tenant.slug) for window in limits.standing(callers)]
        rpm = plans.limits_of(self.tenant, self.speaker.key)["key_read"]
        return self.answer({"entries": entries, "configured_rpm": rpm or 0})


class RequestStats(AdminView):
    """How many requests were answered in each hour; the latest second is not counted yet."""

    operations = {"GET": "analytics.read"}
    asked = asking.Hours
    told = {"GET": shown.RequestStats}

    def get(self, request: Request) -> Response:
        end, wanted = hour_of(timezone.now()) + HOUR, self.ask(request)["hours"]
        span = Span(end - HOUR * max(wanted, DAY), end)
        found = {point.at: point.n for point in counts.series("requests", span, step="hour")}
        every = [(at, found.get(at, 0)) for at in (span.begin + HOUR * past for past in range(max(wanted, DAY)))]
        return self.answer(numbers.hours(every[-wanted:], every[-DAY:]))


class Labile(AdminView):
    """How many memories are open to change: those that open reviews ask about."""

    operations = {"GET": "reviews.read"}
    told = {"GET": shown.Labile}

    def get(self, request: Request) -> Response:
        return self.answer(numbers.labile(self.tenant.slug, reviews.in_question().count()))
