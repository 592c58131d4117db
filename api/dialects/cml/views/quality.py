"""How good the memories are: the latest report of their health, the latest evaluation, and what waits for a word."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.cml.presenters import numbers
from api.dialects.cml.views.admin import AdminView
from api.dialects.cml.views.numbers import SESSIONS
from memory import evaluations, reports, reviews, sessions
from memory.types import Scope


class Quality(AdminView):
    """The latest health report; its figures are null while there is none."""

    operations = {"GET": "health.read"}

    def get(self, request: Request) -> Response:
        report = reports.latest()
        told: dict[str, Any] = {"overall_score": None, "status": None, "report": None, "reported_at": None}
        if report:
            told = {"overall_score": report.overall, "status": report.status, "report": report.told}
            told |= {"reported_at": report.created_at}
        return self.answer(told | {"waiting_reviews": reviews.waiting()})


class Evaluation(AdminView):
    """The latest evaluation of recall by the saved questions; its figures are null while there is none."""

    operations = {"GET": "health.read"}

    def get(self, request: Request) -> Response:
        row = evaluations.latest()
        figures = {name: getattr(row, name, None) for name in evaluations.FIGURES}
        return self.answer(figures | {"evaluated_at": row.created_at if row else None})


class ReconsolidationSessions(AdminView):
    """Sessions whose memories could still change, which are those that are open."""

    operations = {"GET": "sessions.read"}

    def get(self, request: Request) -> Response:
        rows = list(sessions.listed(Scope(), "open").order_by("-id")[:SESSIONS])
        items = [numbers.session(row, self.tenant.slug) for row in rows]
        return self.answer({"sessions": items, "total": len(items)})
