"""The audit log: the ledger of facts, read as HippocampAI reads its own."""

from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet
from drf_spectacular.types import OpenApiTypes
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.hippocampai.presenters import audit as present
from api.dialects.hippocampai.serializers import audit as words
from api.dialects.hippocampai.views.base import HippocampView, key
from events import audit
from events.audit import Narrowed
from events.feed import told_between
from events.models import Event


class AuditView(HippocampView):
    operations = dict.fromkeys(("GET", "POST"), "audit.read")

    def rows(self, asked: dict[str, Any]) -> QuerySet[Event]:
        """The tenant's own facts that are asked for. Raises NotFound where another tenant is named."""
        tenant = self.speaker.tenant
        if asked.get("tenant_id", "") not in ("", str(tenant.pk), tenant.slug):
            raise NotFound
        narrowed = Narrowed(subject=asked.get("resource_id", ""), ip=asked.get("ip_address", ""))
        begin: datetime | None = asked.get("start_time")
        rows = told_between(audit.of_tenant(tenant.pk, narrowed), begin, asked.get("end_time"))
        plain = {"subject_type": asked.get("resource_type"), "person_id": asked.get("user_id")}
        rows = rows.filter(**{name: value for name, value in plain.items() if value})
        types = present.types_of(asked)
        return rows if types is None else rows.filter(type__in=types)

    def page(self, asked: dict[str, Any]) -> Response:
        rows, page, size = self.rows(asked), asked["page"], asked["page_size"]
        found = rows.order_by("-seq")[(page - 1) * size : page * size]
        return self.answer(present.log(found, rows.count(), page, size))


class Logs(AuditView):
    """The audit log, newest first."""

    asked = words.LogsAsked
    told = {"GET": words.AuditLogTold}

    def get(self, request: Request) -> Response:
        return self.page(self.ask(request))


class Search(AuditView):
    """The audit log, asked for in a body."""

    heard = words.LogsHeard
    told = {"POST": words.AuditLogTold}

    def post(self, request: Request) -> Response:
        return self.page(self.hear(request))


class OneEvent(AuditView):
    """One line of it."""

    told = {"GET": words.AuditEventTold}

    def get(self, request: Request, event_id: str) -> Response:
        fact = self.rows({}).filter(pk=key(event_id)).first()
        if fact is None:
            raise NotFound
        return self.answer(present.event(fact))


class Stats(AuditView):
    """How much of what was done, and by whom."""

    asked = words.StatsAsked
    told = {"GET": words.AuditStats}

    def get(self, request: Request) -> Response:
        asked = self.ask(request)
        counted = self.rows(asked).order_by().values_list("type", "actor").annotate(n=Count("id"))
        return self.answer(present.stats(counted, asked.get("start_time"), asked.get("end_time")))


class Actions(AuditView):
    """All actions by group."""

    told = {"GET": OpenApiTypes.OBJECT}

    def get(self, request: Request) -> Response:
        return self.answer(present.actions())


class Severities(AuditView):
    """All severities, the least first."""

    told = {"GET": {"type": "array", "items": {"type": "string"}}}

    def get(self, request: Request) -> Response:
        return self.answer(list(words.SEVERITIES))
