"""/api/v1/audit: the ledger as an audit log, its export, and the check of its chain."""

import csv
import io
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import chain as chain_of
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, TenantView, hear
from api.native.events import SubjectWords
from api.native.transfers import TYPES, ByAccept, CsvRenderer, JsonlRenderer
from api.native.words import Name
from api.pagination import read_place, write_place
from events import audit, chain, verify
from events.models import Event
from events.types import NAMES
from memory.algorithms.lines import safe
from tenants.channels import in_public

COLUMNS = (
    "seq", "occurred_at", "type", "subject_type", "subject_id", "actor", "key_id", "person_id", "ip", "request_id",
    "data", "hash",
)  # fmt: skip
BROKEN = OpenApiExample(
    "a chain that somebody changed",
    {
        "intact": False, "complete": False, "checked": 16, "total": 80, "next_since": None, "kept": None,
        "broken": {"seq": 17, "reason": "changed", "detail": verify.SAYS["changed"]},
    },
    response_only=True,
)  # fmt: skip


class AuditFilters(StrictSerializer):
    actor = Name(max_length=100, help_text="The whole of it, or its kind: `key`, `user`, `task`.")
    type = serializers.ChoiceField(NAMES, required=False)
    subject = Name(max_length=64, help_text="The whole id of a subject.")
    request_id = Name(max_length=64)
    ip = serializers.IPAddressField(required=False)
    since = serializers.DateField(required=False, help_text="A day in UTC, included.")
    until = serializers.DateField(required=False, help_text="A day in UTC, included.")


class AuditParameters(AuditFilters):
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class ExportParameters(AuditFilters):
    format = serializers.ChoiceField(list(TYPES), default="jsonl")


class AuditWords(serializers.Serializer):
    """A row of the audit log, as it is hashed, with its salt and hash."""

    seq = serializers.IntegerField()
    id = serializers.UUIDField()
    tenant_id = serializers.UUIDField()
    type = serializers.CharField()
    subject = SubjectWords()
    actor = serializers.CharField()
    key_id = serializers.UUIDField(allow_null=True)
    person_id = serializers.UUIDField(allow_null=True)
    ip = serializers.CharField(allow_null=True)
    request_id = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]  # a field, not the property
    occurred_at = serializers.DateTimeField()
    salt = serializers.CharField(allow_null=True)
    hash = serializers.CharField(allow_null=True)


class AuditPage(serializers.Serializer):
    data = AuditWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class HeadWords(serializers.Serializer):
    seq = serializers.IntegerField(help_text="The last fact that is chained.")
    hash = serializers.CharField(help_text="Its hash, in hex.")


class VerifyParameters(StrictSerializer):
    since = serializers.IntegerField(
        min_value=0, max_value=2**62, default=0, help_text="`next_since` of the page before."
    )
    limit = serializers.IntegerField(min_value=1, max_value=20_000, default=verify.PAGE)
    kept_seq = serializers.IntegerField(min_value=0, max_value=2**62, required=False, help_text="Of a head you kept.")
    kept_hash = serializers.RegexField(r"\A[0-9a-fA-F]{64}\Z", required=False, help_text="Of the same.")


class BrokenWords(serializers.Serializer):
    seq = serializers.IntegerField()
    reason = serializers.ChoiceField(list(verify.SAYS))
    detail = serializers.CharField()


class VerdictWords(serializers.Serializer):
    intact = serializers.BooleanField(help_text="Nothing wrong was found in this page.")
    complete = serializers.BooleanField(help_text="It is the last one.")
    checked = serializers.IntegerField(help_text="The number of the last fact that holds.")
    total = serializers.IntegerField(help_text="The last fact that is chained.")
    next_since = serializers.IntegerField(allow_null=True)
    kept = serializers.BooleanField(allow_null=True, help_text="Whether the head you kept is on the chain.")
    broken = BrokenWords(allow_null=True)


class Audit(TenantView):
    operations = {"GET": "audit.read"}

    @extend_schema(
        tags=["audit"], operation_id="list_audit", summary="Read the audit log, newest first",
        parameters=[AuditParameters], responses=AuditPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(AuditParameters, request.query_params)
        cursor, limit = asked.pop("cursor", ""), asked.pop("limit")
        rows = audit.of_tenant(self.speaker.tenant.id, audit.Narrowed(**asked)).order_by("-seq")
        if place := read_place(cursor, int):
            rows = rows.filter(seq__lt=place[0])
        found = list(rows[: limit + 1])
        has_more, found = len(found) > limit, found[:limit]
        after = write_place([found[-1].seq]) if has_more else None
        return Response({"data": [chain.exported(e) for e in found], "next_cursor": after, "has_more": has_more})


class AuditExport(TenantView):
    operations = {"GET": "audit.read"}
    content_negotiation_class = ByAccept
    renderer_classes = [JSONRenderer, JsonlRenderer, CsvRenderer]

    @extend_schema(
        tags=["audit"], operation_id="export_audit", summary="The audit log as a stream, oldest first",
        parameters=[ExportParameters],
        responses={(200, "application/x-ndjson"): OpenApiTypes.STR, (200, "text/csv"): OpenApiTypes.STR},
    )  # fmt: skip
    def get(self, request: Request) -> StreamingHttpResponse:
        asked = hear(ExportParameters, request.query_params)
        form = asked.pop("format")
        return exported(request._request, audit.of_tenant(self.speaker.tenant.id, audit.Narrowed(**asked)), form)


def exported(request: HttpRequest, rows: QuerySet[Event], form: str, by: str = "seq") -> StreamingHttpResponse:
    """Facts as a file, chunk after chunk; see `audit.chunks`."""
    pieces = _pieces(rows, form, by)
    first = next(pieces, b"")  # before the answer begins, so that it can still be an error
    told = _awaited(first, pieces) if isinstance(request, ASGIRequest) else chain_of([first], pieces)
    headers = {"Content-Disposition": f'attachment; filename="audit.{form}"', "X-Content-Type-Options": "nosniff"}
    return StreamingHttpResponse(told, content_type=TYPES[form], headers=headers)


def _pieces(rows: QuerySet[Event], form: str, by: str) -> Iterator[bytes]:
    if form == "csv":
        yield (",".join(COLUMNS) + "\r\n").encode()
    for chunk in audit.chunks(rows, by):
        yield written(chunk, form)


async def _awaited(piece: bytes | None, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while piece is not None:
        yield piece
        piece = await in_public(next, pieces, None)


def written(events: Iterable[Event], form: str) -> bytes:
    """Lines of JSON or CSV. Formulas are disarmed in CSV alone: JSON lines are what the chain is checked with."""
    if form == "jsonl":
        return "".join(json.dumps(chain.exported(event), ensure_ascii=False) + "\n" for event in events).encode()
    sheet = io.StringIO()
    csv.writer(sheet).writerows([safe(cell) for cell in _cells(event)] for event in events)
    return sheet.getvalue().encode()


def _cells(event: Event) -> list[str]:
    told = chain.exported(event)
    told |= {"subject_type": event.subject_type, "subject_id": event.subject_id}
    told["data"] = json.dumps(event.data, ensure_ascii=False)
    return ["" if told[name] is None else str(told[name]) for name in COLUMNS]


class Head(TenantView):
    operations = {"GET": "audit.read"}

    @extend_schema(
        tags=["audit"], operation_id="audit_head", summary="The end of the hash chain, to be kept elsewhere",
        responses=HeadWords,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        seq, hash = verify.end(self.speaker.tenant.id)
        return Response({"seq": seq, "hash": hash})


class Verify(TenantView):
    operations = {"GET": "audit.read"}

    @extend_schema(
        tags=["audit"], operation_id="verify_audit", summary="Check the hash chain, a page at a time",
        description="Ask again with `next_since` until `complete`. A broken chain is answered with 200, too.",
        parameters=[VerifyParameters], responses=VerdictWords, examples=[BROKEN],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(VerifyParameters, request.query_params)
        if ("kept_seq" in asked) != ("kept_hash" in asked):
            missing = "kept_hash" if "kept_seq" in asked else "kept_seq"
            raise serializers.ValidationError({missing: "belongs to the other one"})
        tenant_id = self.speaker.tenant.id
        kept = verify.held(tenant_id, asked["kept_seq"], asked["kept_hash"]) if "kept_seq" in asked else None
        return Response(told(verify.verify(tenant_id, asked["since"], asked["limit"])) | {"kept": kept})


def told(verdict: verify.Verdict) -> dict[str, Any]:
    broken = {"seq": verdict.seq, "reason": verdict.reason, "detail": verify.SAYS.get(verdict.reason)}
    on = verdict.intact and not verdict.complete
    return {
        "intact": verdict.intact,
        "complete": verdict.complete,
        "checked": verdict.to,
        "total": verdict.total,
        "next_since": verdict.to if on else None,
        "broken": None if verdict.intact else broken,
    }
