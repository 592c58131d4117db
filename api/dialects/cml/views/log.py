"""The event log in pages, and the tenants that it is kept of."""

from collections.abc import Iterator
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.cml.presenters import pages
from api.dialects.cml.presenters.facts import event, wanted
from api.dialects.cml.serializers import answers, asking
from api.dialects.cml.views.admin import AdminView
from events import log
from memory import census
from tenants import lifecycle
from tenants.models import Tenant

TENANTS = 500  # that an operator is told of at once
NOTHING = log.LogPage([], 0, True, 1, 1)


class Events(AdminView):
    """Events, newest first."""

    operations = {"GET": "events.read"}
    asked = asking.Events
    told = {"GET": answers.Events}

    def get(self, request: Request) -> Response:
        asked = self.ask(request)
        narrowed, page, size = wanted(asked.get("event_type", "")), asked["page"], asked["per_page"]
        told = NOTHING
        try:
            if narrowed:
                told = log.read(
                    self.tenant.pk, page=page, per_page=size, wanted=narrowed, since=asked.get("since"),
                    until=asked.get("until"),
                )  # fmt: skip
        except log.TooFar:
            raise ValidationError({"page": "is too far back: narrow it by `until`"}) from None
        items = [event(one, self.tenant.slug) for one in told.events]
        return self.answer(pages.told(items, told.total, page, size))


class Tenants(AdminView):
    """The tenants there are, with counts: of an ordinary key its own, of a platform's all that are open."""

    operations = {"GET": "tenant.settings"}
    needs_tenant = False
    told = {"GET": answers.Tenants}

    def tenant_named(self, request: Request, header: str) -> str:
        """None, so an operator speaks on the platform."""
        return ""

    def get(self, request: Request) -> Response:
        chosen = list(lifecycle.opened()[:TENANTS]) if self.speaker.on_platform else [self.tenant]
        return self.answer({"tenants": list(_counted(chosen))})


def _counted(tenants: list[Tenant]) -> Iterator[dict[str, Any]]:
    """Few statements, however many tenants there are."""
    ends = log.ends([tenant.pk for tenant in tenants])
    for tenant, kept in zip(tenants, census.of(tenants), strict=True):
        events, last_event = ends[tenant.pk]
        yield {
            "tenant_id": tenant.slug,
            "memory_count": kept.memories,
            "active_memory_count": kept.active,
            "fact_count": kept.facts,
            "event_count": events,
            "last_memory_at": kept.last_at,
            "last_event_at": last_event,
        }
