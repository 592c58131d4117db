"""/api/analytics: questions to metrics, numbers of a domain, dashboards, reports, events, insights, the export."""

from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from rest_framework.exceptions import NotFound
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import business, counts, dashboard, exports, insights, queries, realtime, reports, spans, tracking
from analytics.algorithms import steps
from analytics.exports import Export, Piece
from analytics.tracking import Happening
from api.dialects.persistence.presenters import analytics as presenters
from api.dialects.persistence.serializers import analytics as serializers
from api.dialects.persistence.serializers.words import Said
from api.dialects.persistence.views.base import PersistenceView
from api.native.transfers import ByAccept, CsvRenderer, streamed

TOLD = 10  # insights of a dashboard
PANELS = ("learning_curve", "hit_rate", "searches", "writes")


class AnalyticsView(PersistenceView):
    operations = {"GET": "analytics.read", "POST": "analytics.write"}


class MetricsQuery(AnalyticsView):
    """Ask for metrics over a span, also of what is to come."""

    operations = {"POST": "analytics.read"}
    heard = serializers.MetricsQueryHeard
    told = {"POST": serializers.AnswerTold}

    def post(self, request: Request) -> Response:
        asked, now = self.hear(request), timezone.now()
        step, group = _grouping(asked.get("group_by", ()))
        way = asked.get("aggregation", "")
        names = [serializers.snake(name) for name in asked["metrics"]]
        answers = queries.ask(
            [serializers.METRICS.get(name, name) for name in names], _span(asked, now), type=asked["type"],
            step=step, group=group, only=_only(asked), aggregation=serializers.WAYS.get(way, way), now=now,
        )  # fmt: skip
        results = [presenters.result(*each) for each in zip(asked["metrics"], answers, strict=True)]
        return self.answer({"query": request.data, "results": results, "timestamp": now.isoformat()})


def _span(asked: dict[str, Any], now: Any) -> counts.Span | None:
    since, until = asked["since"], asked["until"]
    if not since and not until:
        return None
    end = until or counts.hour_of(now) + counts.HOUR
    return counts.Span(since or end - spans.LAST["7d"], end)


def _only(asked: dict[str, Any]) -> dict[str, str]:
    told = {name.removesuffix("_id"): value for name, value in asked.get("filters", {}).items() if value}
    return told | {"domain": asked["domain"]}


def _grouping(words: Any) -> tuple[str, str]:
    """A step of time and a group, of the words that name them."""
    step = [word for word in words if word in counts.STEPS]
    group = [serializers.GROUPS.get(word, word) for word in words if word not in counts.STEPS]
    return (step or [""])[0], (group or [""])[0]


class BusinessMetrics(AnalyticsView):
    """How a domain does: its agents, what comes of it, who takes part, how memory is used."""

    asked = serializers.Days
    told = {"GET": serializers.BusinessTold}

    def get(self, request: Request, domain: str) -> Response:
        return self.answer(presenters.business(business.read(self.ask(request)["span"], domain)))


class AnalyticsDashboard(AnalyticsView):
    """What happens now and today in a domain, or in all."""

    asked = serializers.OfDomain
    told = {"GET": serializers.DashboardTold}

    def get(self, request: Request) -> Response:
        asked, now = self.ask(request), timezone.now()
        domain, span = asked.get("domain", ""), asked["span"]
        today = counts.Span(steps.begin_of(now, "day"), counts.hour_of(now) + counts.HOUR)
        found = insights.listed(domain=domain, span=span).order_by("-at", "-id")[:TOLD]
        return self.answer({
            "realtime": presenters.realtime(realtime.read(now, domain).metrics),
            "today": presenters.business(business.read(today, domain)),
            "trends": presenters.tracks(dashboard.read(span, now, domain=domain), PANELS),
            "insights": list(map(presenters.insight, found)),
            "topPerformers": presenters.performers(dashboard.top(span, domain=domain)),
        })  # fmt: skip


class OneReport(AnalyticsView):
    """A report on a domain."""

    asked = serializers.Days
    told = {"GET": serializers.ReportTold}
    missing = "Report not found"

    def get(self, request: Request, type: str, domain: str) -> Response:
        if type not in reports.TYPES:
            raise NotFound
        return self.answer(presenters.report(reports.make(type, self.ask(request)["span"], timezone.now(), domain)))


class TrackedEvents(AnalyticsView):
    """Track an event of an application."""

    heard = serializers.TrackedHeard
    told = {"POST": Said}
    success = {"POST": 201}

    def post(self, request: Request) -> Response:
        told = self.hear(request)
        named = {ours: told.get(name, "") for ours, name in WHO.items()}
        tracking.track(Happening(name=told["event_name"], domain=told["domain"], data=told.get("data", {}), **named))
        return self.answer({"message": "Event tracked successfully"})


WHO = {"service": "service_id", "agent": "agent_id", "user_id": "user_id"}


class Insights(AnalyticsView):
    """What stands out, newest first."""

    asked = serializers.InsightsAsked
    told = {"GET": serializers.InsightsTold}

    def get(self, request: Request) -> Response:
        asked = self.ask(request)
        rows = insights.listed(domain=asked.get("domain", ""))
        found = rows.order_by("-at", "-id")[: asked["limit"]]
        return self.answer({"insights": list(map(presenters.insight, found)), "total": rows.count()})


class Realtime(AnalyticsView):
    """What happens now."""

    told = {"GET": serializers.RealtimeTold}

    def get(self, request: Request) -> Response:
        told = realtime.read()
        return self.answer({"metrics": presenters.realtime(told.metrics), "timestamp": told.at.isoformat()})


class DataExport(AnalyticsView):
    """The counts of hours that all numbers are made of, as a file; `X-Total-Rows` says how many rows it has."""

    operations = {"GET": "exports.run"}
    content_negotiation_class = ByAccept
    renderer_classes = [JSONRenderer, CsvRenderer]
    asked = serializers.ExportAsked
    told = {"GET": OpenApiTypes.STR}

    def get(self, request: Request) -> StreamingHttpResponse:
        asked = self.ask(request)
        export = Export("counts", asked["format"], asked["span"], asked.get("domain", ""))

        def after(piece: Piece) -> Piece | None:
            return None if piece.after is None else exports.piece(export, piece.after)

        name = f"analytics-export.{export.form}"
        response = streamed(request._request, self.speaker, exports.piece(export), after, export.form, name)
        response["X-Total-Rows"] = str(exports.total(export))
        return response
