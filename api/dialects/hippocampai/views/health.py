"""Whether the house is up: the one thing that is told without a credential."""

from rest_framework.request import Request
from rest_framework.response import Response

from api import health
from api.dialects.base import OpenView
from api.dialects.hippocampai.serializers import health as words
from api.dialects.hippocampai.views.base import HippocampView


class Health(OpenView, HippocampView):
    """Whether it can serve."""

    told = {"GET": words.UpTold}
    errors = {503: "It cannot serve now"}

    def get(self, request: Request) -> Response:
        parts = health.both()
        if not parts["database"]:
            return self.answer({"status": "unhealthy"}, 503)
        return self.answer({"status": "healthy" if all(parts.values()) else "degraded"})
