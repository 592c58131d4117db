"""Exports, and a summary."""

import json
from collections.abc import Iterator
from typing import Any

from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.dialects.mem0.presenters import memories as presenters
from api.dialects.mem0.serializers import filters, others
from api.dialects.mem0.views.base import Mem0View
from api.dialects.mem0.views.memories import narrowing_of
from memory import briefing, portable, transfers
from memory.models import Memory, Transfer

MOST = 10_000  # memories of an answer
LOOKED = 200  # exports among which the latest of some filters is looked for
STATUS = {"pending": "PENDING", "running": "RUNNING", "done": "SUCCEEDED"}


def asked_of(told: dict[str, Any]) -> dict[str, Any]:
    """What the house's export is asked for."""
    scope, rest = filters.split(told["house"])
    return {name: value for name, value in vars(scope).items() if value} | {"filters": rest, "versions": False}


class Exports(Mem0View):
    """Begin an export."""

    operations = {"POST": "exports.run"}
    heard = others.ExportHeard
    told = {"POST": others.ExportBegun}

    def post(self, request: Request) -> Response:
        told = self.hear(request)
        begun = transfers.start_export(asked_of(told) | {"schema": told.get("schema")}, "jsonl")
        message = "Memory export request received. The export will be ready in a few seconds."
        return self.answer({"message": message, "id": str(begun.pk)})


class Exported(Mem0View):
    """Read an export: by its id, or the latest of the same filters."""

    operations = {"POST": "exports.run"}
    heard = others.ExportAsked
    told = {"POST": others.ExportTold}

    def post(self, request: Request) -> Response:
        told = self.hear(request)
        found = self.by_id(told["memory_export_id"]) if "memory_export_id" in told else self.latest(asked_of(told))
        if found is None:
            raise NotFound
        if found.state != Transfer.State.DONE:
            return self.answer({"status": STATUS.get(found.state, "FAILED")})
        if found.done > MOST:
            raise ValidationError({"filters": f"choose {found.done} memories; one answer tells {MOST} at most"})
        wanted = (found.filters.get("schema") or {}).get("properties", {})
        return self.answer({"status": "SUCCEEDED", "memories": [_shaped(one, wanted) for one in _read(found)]})

    def by_id(self, export_id: Any) -> Transfer | None:
        return Transfer.objects.filter(pk=export_id, direction=Transfer.Direction.EXPORT).first()

    def latest(self, asked: dict[str, Any]) -> Transfer | None:
        rows = Transfer.objects.filter(direction=Transfer.Direction.EXPORT).order_by("-id")[:LOOKED]
        return next((row for row in rows if {**row.filters, "schema": None} == {**asked, "schema": None}), None)


def _read(export: Transfer) -> Iterator[dict[str, Any]]:
    """The memories of an export's file."""
    for number in range(len(export.parts)):
        for line in transfers.read_part(export, number).splitlines():
            told = json.loads(line)
            if told.get("type") == "memory":
                row = portable.hear(told)[1]
                assert isinstance(row, Memory)
                yield presenters.memory(row)


def _shaped(told: dict[str, Any], wanted: Any) -> dict[str, Any]:
    """What of a memory the schema names; all of it when it names nothing that a memory has."""
    names = set(told) & set(wanted) if isinstance(wanted, dict) else set()
    return {name: value for name, value in told.items() if name in names} if names else told


class Summary(Mem0View):
    """What the latest memories of some filters say, in a few sentences."""

    operations = {"POST": "memories.read"}
    heard = others.SummaryHeard
    told = {"POST": others.SummaryTold}

    def post(self, request: Request) -> Response:
        written = briefing.summary(narrowing_of(self.hear(request)))
        return self.answer({"status": "SUCCEEDED", "summary": written.text})
