"""The house: its components, what is configured for the tenant, its models and work, and erasing all memories."""

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError as Refused
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import components, counts, spans
from analytics.counts import Span
from api.dialects.cml.presenters import house, runs
from api.dialects.cml.serializers import answers, asking
from api.dialects.cml.views.admin import AdminView
from automation import looking
from memory import embeddings, erasing, llm, tuning
from memory.models import Memory
from tenants import plans, preferences
from tenants.models import Tenant


class Components(AdminView):
    """How each component does. Details are for operators of the platform."""

    operations = {"GET": "health.read"}
    told = {"GET": answers.Components}

    def get(self, request: Request) -> Response:
        whole = self.speaker.may("metrics.read")
        return self.answer(house.components(components.health().components, whole=whole))


class Config(AdminView):
    """What is configured for the tenant. Only what is `is_editable` can be changed; null takes it back."""

    operations = {"GET": "tenant.settings", "PUT": "tenant.settings"}
    heard = asking.ConfigUpdate
    told = {"GET": answers.Config, "PUT": answers.Updated}

    def get(self, request: Request) -> Response:
        fixed = {"limits": plans.limits_of(self.tenant, self.speaker.key)} | _models(self.tenant)
        unset = asdict(preferences.of(None))
        key = self.speaker.key.public if self.speaker.key else ""
        return self.answer(house.config(preferences.told(self.tenant), unset, fixed, f"im_{key}_" if key else ""))

    def put(self, request: Request) -> Response:
        updates = self.hear(request)["updates"]
        try:
            tuning.change(self.tenant.pk, updates)
        except Refused as error:
            raise ValidationError({f"updates/{name}": why for name, why in error.message_dict.items()}) from None
        return self.answer({"success": True, "updated": sorted(updates), "requires_restart": False})


def _models(tenant: Tenant) -> dict[str, Any]:
    return {"embedder": tenant.embedder or settings.EMBEDDER, "writer": settings.WRITER}


class Models(AdminView):
    """Which models are in use, and how many memories wait for a vector."""

    operations = {"GET": "health.read"}

    def get(self, request: Request) -> Response:
        embedder, writer = embeddings.current(), llm.current()
        told = {
            "embedding": {
                "name": embedder.name,
                "remote": embedder.remote,
                "waiting": Memory.objects.live().filter(embedding=None).count(),
            },
            "writer": {"name": writer.name},
        }
        return self.answer({"models": told})


class Operations(AdminView):
    """The work of the last 24 hours: requests, failures, searches, how fast half and 19 of 20 were; and the queue."""

    operations = {"GET": "analytics.read"}

    def get(self, request: Request) -> Response:
        span = spans.last("24h", timezone.now())
        told = {name: _work(name, span) for name in ("requests", "searches")}
        failed = counts.together(counts.series("request_errors", span, step=""), span.begin).n
        depth = looking.depth(looking.here())
        queue = {"pending": depth.pending, "running": depth.running, "stuck": depth.stuck}
        last = looking.here().order_by("-id").first()
        run = runs.job(last, self.tenant.slug) if last else None
        return self.answer(told | {"request_errors": failed, "jobs": queue | {"last": run}})


def _work(metric: str, span: Span) -> dict[str, Any]:
    point = counts.together(counts.series(metric, span, step="", histogram=True), span.begin)
    return {"count": point.n, "p50_ms": point.percentile(0.5), "p95_ms": point.percentile(0.95)}


class ResetDatabase(AdminView):
    """Delete all memories of the tenant; each can be restored until the undo window ends."""

    operations = {"POST": "people.erase"}
    heard = asking.ResetHeard
    told = {"POST": answers.Reset}

    def post(self, request: Request) -> Response:
        if not self.hear(request)["confirm"]:
            raise ValidationError({"confirm": "must be true: all memories of the tenant are deleted"})
        count = erasing.erase_all(Memory.objects.all())
        return self.answer({"success": True, "affected_count": count, "message": f"{count} memories deleted"})
