"""/api/learning: record, ask for the history, judge, and what it comes to."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import advising, history, patterns, progress, trends
from analytics import learning as lessons
from analytics.history import Asked
from analytics.types import Judgement
from api.dialects.persistence.presenters import learning as presenters
from api.dialects.persistence.serializers import learning as serializers
from api.dialects.persistence.serializers.words import Said, Span, Stored
from api.dialects.persistence.views.base import PersistenceView

TOP = 5  # patterns beside metrics
RECENT = 10  # events of the dashboard
NAMES = {"service_id": "service", "agent_id": "agent", "event_type": "type", "min_importance": "least_importance"}
SAME = ("domain", "session_id", "user_id", "since", "until")


class LearningView(PersistenceView):
    operations = {"GET": "learning.read", "POST": "learning.write"}
    missing = "Learning event not found"


def _asked(heard: dict[str, Any], domain: str = "") -> Asked:
    told = {name: heard[name] for name in SAME if heard.get(name)}
    told |= {ours: heard[name] for name, ours in NAMES.items() if heard.get(name)}
    return Asked(**told | ({"domain": domain} if domain else {}), judged=heard.get("has_feedback"))


class LearningEvents(LearningView):
    """Record a learning event."""

    heard = serializers.LessonHeard
    told = {"POST": Stored}
    success = {"POST": 201}

    def post(self, request: Request) -> Response:
        row = lessons.record(presenters.lesson(self.hear(request)))
        return self.answer({"id": str(row.pk), "message": "Learning event recorded successfully"})


class History(LearningView):
    """Ask for learning events, latest first."""

    operations = {"POST": "learning.read"}
    heard = serializers.HistoryHeard
    told = {"POST": serializers.HistoryTold}

    def post(self, request: Request) -> Response:
        asked = self.hear(request)
        rows = history.found(_asked(asked))
        page = rows.order_by("-occurred_at", "-id")[asked["offset"] : asked["offset"] + asked["limit"]]
        return self.answer({"events": list(map(presenters.event, page)), "total": rows.count()})


class Patterns(LearningView):
    """What looks alike in a domain, and how well it goes."""

    asked = serializers.PatternsAsked
    told = {"GET": serializers.PatternsTold}

    def get(self, request: Request, domain: str) -> Response:
        asked = self.ask(request)
        found = patterns.found(_asked(asked, domain), asked["min_frequency"])
        return self.answer({"patterns": list(map(presenters.pattern, found)), "total": len(found)})


class LearningMetrics(LearningView):
    """What learning in a domain comes to, in the last seven days when no span is named."""

    asked = Span
    told = {"GET": serializers.MetricsTold}

    def get(self, request: Request, domain: str) -> Response:
        return self.answer(_metrics(_asked(self.ask(request), domain)))


def _metrics(asked: Asked) -> dict[str, Any]:
    told = progress.metrics(asked, timezone.now())
    top = patterns.found(history.within(asked, told.until), most=TOP)
    return presenters.metrics(told, asked.domain, top)


class Trends(LearningView):
    """How well it goes in a domain, day by day, and where to."""

    asked = serializers.TrendsAsked
    told = {"GET": serializers.TrendTold}

    def get(self, request: Request, domain: str) -> Response:
        found = trends.trend(Asked(domain=domain), timezone.now(), self.ask(request)["periods"])
        return self.answer(presenters.trend(found))


class Recommendations(LearningView):
    """What the numbers of a domain ask for, the urgent first."""

    told = {"GET": serializers.AdviceList}

    def get(self, request: Request, domain: str) -> Response:
        found = advising.recommendations(Asked(domain=domain), timezone.now())
        return self.answer({"recommendations": list(map(presenters.advice, found))})


class Feedback(LearningView):
    """Judge the latest event of a session that nobody judged yet."""

    heard = serializers.FeedbackHeard
    missing = "No learning event of this session waits for feedback"
    told = {"POST": Said}

    def post(self, request: Request) -> Response:
        told = self.hear(request)
        lessons.judge(Judgement(**told["feedback"]), session_id=told["session_id"], domain=told["domain"])
        return self.answer({"message": "Feedback recorded successfully"})


class LearningDashboard(LearningView):
    """Learning in a domain, or in all, at a glance."""

    asked = serializers.LearningDashboardAsked
    told = {"GET": serializers.LearningDashboardTold}

    def get(self, request: Request) -> Response:
        heard, now = self.ask(request), timezone.now()
        asked = _asked(heard)
        recent = history.found(asked).order_by("-occurred_at", "-id")[:RECENT]
        return self.answer({
            "domain": asked.domain or None,
            "metrics": _metrics(asked),
            "trend": presenters.trend(trends.trend(Asked(domain=asked.domain), now)),
            "recommendations": list(map(presenters.advice, advising.recommendations(asked, now))),
            "recentEvents": list(map(presenters.event, recent)),
            "timestamp": now.isoformat(),
        })  # fmt: skip
