"""The dashboard: numbers of a user's memories, and what happened lately."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.hippocampai.presenters import dashboard as present
from api.dialects.hippocampai.serializers import dashboard as words
from api.dialects.hippocampai.views.base import HippocampView


class Stats(HippocampView):
    """Numbers of the memories of a user, or of everybody."""

    asked = words.DashboardAsked
    told = {"GET": words.DashboardStats}

    def get(self, request: Request) -> Response:
        return self.answer(present.told(self.ask(request).get("user_id", "")))


class Activity(HippocampView):
    """What happened lately."""

    asked = words.ActivityAsked
    told = {"GET": words.RecentActivity}

    def get(self, request: Request) -> Response:
        wish = self.ask(request)
        return self.answer({"activities": present.activities(wish.get("user_id", ""), min(wish["limit"], words.MOST))})
