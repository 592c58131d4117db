"""Semantic facts: memories that state something lasting, what bears them out, and saying that one holds no more."""

from typing import Any
from uuid import UUID

from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.cml.presenters import browsing
from api.dialects.cml.presenters.facts import fact
from api.dialects.cml.presenters.memories import of_types
from api.dialects.cml.serializers import asking, shown
from api.dialects.cml.views.admin import AdminView
from memory import facts, filters, revise
from memory.models import Memory
from memory.tiers import cold


class Facts(AdminView):
    """Facts, newest first; those that still hold, unless all are asked for."""

    asked = asking.Facts
    told = {"GET": shown.Facts}

    def get(self, request: Request) -> Response:
        asked = self.ask(request)
        rows = facts.listed(current=asked["current_only"]).filter(filters.to_q(_of(asked.get("category", ""))))
        shown = list(rows.light().order_by("-id")[asked["offset"] : asked["offset"] + asked["limit"]])
        cold.fill(shown)
        return self.answer({"items": [fact(memory, self.tenant.slug) for memory in shown], "total": rows.count()})


def _of(category: str) -> dict[str, Any]:
    """A kind of ours, or a type; of neither there is no fact."""
    if category in facts.KINDS:
        return {"kind": category}
    return of_types([category]) if category else {}


class OneFact(AdminView):
    """One fact."""

    told = {"GET": shown.Fact}

    def get(self, request: Request, fact_id: UUID) -> Response:
        return self.answer(fact(found(fact_id), self.tenant.slug))


def found(fact_id: UUID) -> Memory:
    """Raises NotFound."""
    memory = facts.listed(current=False).light().filter(pk=fact_id).first()
    if memory is None:
        raise NotFound
    return cold.told(memory)


class Evidence(AdminView):
    """The memories that a fact comes of, or that support it."""

    def get(self, request: Request, fact_id: UUID) -> Response:
        memory = found(fact_id)
        shown = facts.evidence(memory)
        cold.fill(shown)
        items = [browsing.item(one, self.tenant.slug) for one in shown]
        return self.answer({"fact": fact(memory, self.tenant.slug), "items": items, "total": len(items)})


class Invalidate(AdminView):
    """Say that a fact holds no more: it is outdated from now on."""

    told = {"POST": shown.Invalidated}

    def post(self, request: Request, fact_id: UUID) -> Response:
        if not facts.listed(current=False).filter(pk=fact_id).exists():
            raise NotFound
        memory = revise.judge(fact_id, "outdated") or found(fact_id)
        return self.answer({"success": True, "fact_id": str(fact_id), "valid_to": memory.valid_to})
