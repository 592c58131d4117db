"""Is it alive, is it ready, and its metrics in Prometheus' format."""

from django.db import DatabaseError
from django.http import HttpResponse
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import exposed, gauges
from analytics.checks import around, database
from analytics.checks.base import Component, Status
from api.dialects.base import OpenView
from api.dialects.memory_layer.presenters import answers, metrics
from api.dialects.memory_layer.serializers import admin as serializers
from api.dialects.memory_layer.views.base import MemoryLayerView
from memory import stats


class Health(OpenView, MemoryLayerView):
    """Alive: whether the database answers. Open to all."""

    told = {"GET": serializers.HealthTold}

    def get(self, request: Request) -> Response:
        told = answers.health(_database())
        return self.answer(told, 503 if told["status"] == "down" else 200)


class Readiness(MemoryLayerView):
    """Ready: whether the database answers, and the embedder makes vectors."""

    told = {"GET": serializers.HealthTold}
    operations = {"GET": "me.read"}

    def get(self, request: Request) -> Response:
        told = answers.health(_database(), around.embedder()[0])
        return self.answer(told, 503 if told["status"] == "down" else 200)


def _database() -> Component:
    try:
        return database.postgresql()[0]
    except DatabaseError:
        return Component("postgresql", Status.DOWN, "The database does not answer.")


class AnyText(JSONRenderer):
    """Admits whatever a scraper accepts. What it renders is an error."""

    media_type = "*/*"
    format = "text"


class Metrics(MemoryLayerView):
    """The numbers of the tenant; for a key of the platform those of all tenants together."""

    needs_tenant = False
    operations = {"GET": "analytics.read"}
    renderer_classes = [AnyText]
    told = {"GET": str}

    def get(self, request: Request) -> HttpResponse:
        if self.speaker.on_platform:
            text = metrics.text(gauges.noted(), pending=gauges.seen().unembedded)
        else:
            told = stats.overview()
            text = metrics.text(gauges.noted_here(), tenant=self.tenant, pending=told.waiting, live=told.live)
        return HttpResponse(text, content_type=exposed.CONTENT_TYPE)
