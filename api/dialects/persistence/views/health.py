"""/health: whether the service does its part, told to everybody, and no more than that."""

from django.conf import settings
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from api import health
from api.dialects.base import OpenView
from api.dialects.persistence.serializers.health import HealthTold
from api.dialects.persistence.views.base import PersistenceView


class Health(OpenView, PersistenceView):
    """Whether the service is well."""

    told = {"GET": HealthTold}

    def get(self, request: Request) -> Response:
        parts = health.both()
        database, redis = parts["database"], parts["redis"]
        services = {
            "memory_engine": database, "learning_history": database,
            "analytics_engine": database and redis, "cross_service_sync": database and redis,
        }  # fmt: skip
        told = {"status": "ok" if all(services.values()) else "degraded", "timestamp": timezone.now().isoformat()}
        return self.answer(told | {"version": settings.VERSION, "services": services})
