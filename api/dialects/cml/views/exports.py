"""Exports: one JSON list, sent as it is read, so that it is never held whole."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from api.dialects.cml.presenters import browsing
from api.dialects.cml.presenters.facts import event, fact
from api.dialects.cml.views.admin import AdminView
from events import feed
from memory import facts
from memory.models import Memory
from memory.tiers import cold
from memory.types import EVERYTHING
from memory.walk import walk
from tenants.channels import in_tenant
from tenants.errors import Unauthenticated
from tenants.resolve import still_speaks

BATCH = 100  # as many of the longest contents as one reads at a time
Batch = list[tuple[str, dict[str, Any]]]  # what goes on after each item, and the item


class Export(AdminView, ABC):
    """All of something as a JSON list."""

    operations = {"GET": "exports.run"}
    name = ""
    batch = BATCH

    @abstractmethod
    def fetch(self, after: str) -> Batch:
        """What comes next; empty when nothing does."""

    def get(self, request: Request) -> StreamingHttpResponse:
        first = self.fetch("")  # what is wrong is told while nothing is sent
        headers = {"Content-Disposition": f'attachment; filename="{self.name}.json"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(self._listed(first), content_type="application/json", headers=headers)

    def reading(self, request: Request) -> str:
        match = request._request.resolver_match if self.operations["GET"] == "exports.run" else None
        return match.route.rstrip("/") if match else ""

    async def _listed(self, batch: Batch) -> AsyncGenerator[bytes]:
        before = b"["
        while batch:
            told = [json.dumps(told, cls=JSONEncoder, ensure_ascii=False) for _, told in batch]
            yield before + ",\n".join(told).encode()
            before = b",\n"
            if len(batch) < self.batch:
                break
            batch = await asyncio.ensure_future(in_tenant(self.speaker, self._go_on, batch[-1][0]))
        yield b"]" if before == b",\n" else b"[]"

    def _go_on(self, after: str) -> Batch:
        if not still_speaks(self.speaker, "exports.run"):
            raise Unauthenticated
        return self.fetch(after)


class ExportMemories(Export):
    """All live memories, oldest first."""

    name = "memories"

    def fetch(self, after: str) -> Batch:
        memories = walk(EVERYTHING, {}, UUID(after) if after else None, BATCH)
        cold.fill(memories)
        return [(str(memory.pk), browsing.item(memory, self.tenant.slug)) for memory in memories]


class ExportFacts(Export):
    """All facts that hold, oldest first."""

    name = "facts"

    def fetch(self, after: str) -> Batch:
        rows = facts.listed().light().order_by("id")
        memories: list[Memory] = list((rows.filter(pk__gt=UUID(after)) if after else rows)[:BATCH])
        cold.fill(memories)
        return [(str(memory.pk), fact(memory, self.tenant.slug)) for memory in memories]


class ExportEvents(Export):
    """All events, oldest first."""

    operations = {"GET": "events.read"}
    name = "events"
    batch = 1_000  # they are thin

    def fetch(self, after: str) -> Batch:
        rows = feed.of_reader(self.tenant.pk, ()).filter(seq__gt=int(after or 0)).order_by("seq")
        return [(str(one.seq), event(one, self.tenant.slug)) for one in rows[: self.batch]]
