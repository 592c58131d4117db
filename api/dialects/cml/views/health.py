"""Whether the house answers, for anybody who asks."""

from typing import Any

from django.db import DatabaseError
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from analytics.checks.database import vector_extension
from api.dialects.base import OpenView
from api.dialects.cml.serializers import memories as words
from api.dialects.cml.views.base import CmlView


class Health(OpenView, CmlView):
    """Is it healthy? Nobody needs a credential to ask."""

    told = {"GET": words.HealthTold}

    def get(self, request: Request) -> Response:
        try:
            vector_extension()
        except DatabaseError:
            return self.answer(_told("unhealthy"), status=503)
        return self.answer(_told("healthy"))


def _told(status: str) -> dict[str, Any]:
    return {"status": status, "timestamp": timezone.now()}
