"""Whether the house is up: the one thing that is told without a credential."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api import health
from api.dialects.hippocampai.serializers import health as words
from api.dialects.hippocampai.views.base import HippocampView


class Health(HippocampView):
    """Whether it can serve."""

    authentication_classes = ()
    permission_classes = ()
    told = {"GET": words.UpTold}
    errors = {503: "It cannot serve now"}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Nobody is recognised, so there is no tenant to stand in."""
        APIView.initial(self, request, *args, **kwargs)

    def get(self, request: Request) -> Response:
        parts = health.both()
        if not parts["database"]:
            return self.answer({"status": "unhealthy"}, 503)
        return self.answer({"status": "healthy" if all(parts.values()) else "degraded"})
