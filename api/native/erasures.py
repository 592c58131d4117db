"""/api/v1/erasures and /api/v1/subjects: all of a person exported or erased, with receipts."""

import json
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, TenantView, hear
from api.native.transfers import TransferWords
from api.native.words import Name
from api.pagination import page
from memory import transfers
from memory.models import Erasure
from memory.privacy import erase, receipts
from memory.privacy.subjects import Subject

A_LOOK = OpenApiExample("look first", {"type": "user", "name": "ada", "dry_run": True}, request_only=True)
FOR_GOOD = OpenApiExample("erase", {"type": "user", "name": "ada", "confirm_count": 42}, request_only=True)
WHO = OpenApiExample("a user", {"type": "user", "name": "ada"}, request_only=True)


class NotOver(APIException):
    status_code = 409
    default_code = "not_over"
    default_detail = "The erasure is not over."


class SubjectWords(StrictSerializer):
    """Of whom: a `user` or an `agent` by id, or a `person` by name, as memories mention or quote them."""

    type = serializers.ChoiceField(Erasure.Type.choices)
    name = serializers.CharField(max_length=255, trim_whitespace=False)


class ErasureDraft(SubjectWords):
    dry_run = serializers.BooleanField(default=False, help_text="Only say how much it is, and erase nothing.")
    confirm_count = serializers.IntegerField(
        min_value=0, required=False, help_text="How many memories it is; another number is answered with a 409."
    )
    block = serializers.BooleanField(default=False, help_text="Refuse what is written about them afterwards, too.")


class PreviewWords(serializers.Serializer):
    type = serializers.CharField()
    found = serializers.DictField(child=serializers.IntegerField(), help_text="How much every store holds.")
    mentions = serializers.IntegerField(help_text="Other memories that say the name in their words; they stay.")
    confirm_count = serializers.IntegerField(help_text="What to send to erase it.")


class ErasureListWords(StrictSerializer):
    state = serializers.ChoiceField(Erasure.State.choices, required=False)
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class ErasureWords(serializers.ModelSerializer):
    """An erasure: how far it is and, when it is done, its receipt. The name is not in it."""

    class Meta:
        model = Erasure
        fields = [
            "id", "type", "mark", "state", "block", "confirmed", "counts", "receipt", "reason", "actor", "created_at",
            "erased_at", "lifted_at",
        ]  # fmt: skip
        read_only_fields = fields


class ErasurePage(serializers.Serializer):
    data = ErasureWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class ReceiptWords(StrictSerializer):
    receipt = serializers.DictField(help_text="A receipt as it was downloaded.")
    subject = SubjectWords(required=False, help_text="Whom it should be about.")


class ReceiptVerdict(serializers.Serializer):
    valid = serializers.BooleanField(help_text="This tenant made it, and nobody changed it.")
    about_subject = serializers.BooleanField(allow_null=True, help_text="It is about `subject`; null: none was sent.")


def _subject(heard: dict[str, Any]) -> Subject:
    return Subject(heard["type"], heard["name"])


class Erasures(TenantView):
    operations = {"GET": "people.erase", "POST": "people.erase"}

    @extend_schema(
        tags=["privacy"], operation_id="start_erasure", summary="Erase everything of a person, for good",
        description="First with `dry_run`, then with the `confirm_count` that it told. Asked again while it runs, the "
        "same erasure is answered; a failed one goes on.",
        request=ErasureDraft, responses={200: PreviewWords, 202: ErasureWords}, examples=[A_LOOK, FOR_GOOD],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        heard = hear(ErasureDraft, request.data)
        subject = _subject(heard)
        if heard["dry_run"]:
            known = erase.preview(subject)
            told = {"type": subject.type, "found": known.found, "mentions": known.mentions}
            return Response(told | {"confirm_count": known.found["memories"]})
        row, _ = erase.request(subject, heard.get("confirm_count"), block=heard["block"])
        return Response(ErasureWords(row).data, 202, headers={"Location": f"/api/v1/erasures/{row.pk}"})

    @extend_schema(
        tags=["privacy"], operation_id="list_erasures", summary="List erasures, newest first",
        parameters=[ErasureListWords], responses=ErasurePage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(ErasureListWords, request.query_params)
        rows = Erasure.objects.defer("sealed", "cursor")
        if asked.get("state"):
            rows = rows.filter(state=asked["state"])
        found, rest = page(rows, asked.get("cursor", ""), asked["limit"])
        return Response({"data": ErasureWords(found, many=True).data, **rest})


class OneErasure(TenantView):
    operations = {"GET": "people.erase"}

    @extend_schema(
        tags=["privacy"], operation_id="get_erasure", summary="How far an erasure is, and its receipt",
        responses=ErasureWords,
    )  # fmt: skip
    def get(self, request: Request, erasure_id: UUID) -> Response:
        return Response(ErasureWords(_one(erasure_id)).data)


class Receipt(TenantView):
    operations = {"GET": "people.erase"}

    @extend_schema(
        tags=["privacy"], operation_id="download_receipt", summary="The receipt of an erasure, as a file",
        responses=OpenApiTypes.OBJECT,
    )  # fmt: skip
    def get(self, request: Request, erasure_id: UUID) -> HttpResponse:
        row = _one(erasure_id)
        if not row.receipt:
            raise NotOver
        return receipt_file(row)


class Lift(TenantView):
    operations = {"POST": "people.erase"}

    @extend_schema(
        tags=["privacy"], operation_id="lift_erasure", summary="Let an erased person be written of again",
        description="Old exports can be imported again too, and what `block` refused is accepted.",
        request=None, responses=ErasureWords,
    )  # fmt: skip
    def post(self, request: Request, erasure_id: UUID) -> Response:
        _one(erasure_id)
        row = erase.lift(erasure_id)
        if row is None:
            raise NotOver
        return Response(ErasureWords(row).data)


class VerifyReceipt(TenantView):
    operations = {"POST": "people.erase"}

    @extend_schema(
        tags=["privacy"], operation_id="verify_receipt", summary="Whether a receipt is ours and unchanged",
        request=ReceiptWords, responses=ReceiptVerdict,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        heard = hear(ReceiptWords, request.data)
        receipt, subject = heard["receipt"], heard.get("subject")
        about = receipts.is_about(receipt, _subject(subject)) if subject else None
        return Response({"valid": receipts.is_ours(receipt), "about_subject": about})


class FindErasures(TenantView):
    operations = {"POST": "people.erase"}

    @extend_schema(
        tags=["privacy"], operation_id="find_erasures", summary="The erasures of one person",
        description="By name, which the receipts do not hold. The latest 200.",
        request=SubjectWords, responses=ErasurePage, examples=[WHO],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        rows = erase.of(_subject(hear(SubjectWords, request.data))).defer("sealed", "cursor")
        found, rest = page(rows, "", 200)
        return Response({"data": ErasureWords(found, many=True).data, **rest})


class SubjectExport(TenantView):
    operations = {"POST": "people.erase"}

    @extend_schema(
        tags=["privacy"], operation_id="export_subject", summary="Ask for everything of a person as a file",
        description="JSON lines: memories in every state with all their versions, sessions, and every relation of "
        "theirs. Its file is that of `/api/v1/exports/{id}`.",
        request=SubjectWords, responses={202: TransferWords}, examples=[WHO],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        heard = hear(SubjectWords, request.data)
        transfer = transfers.start_export({"subject": dict(heard)}, "jsonl")
        headers = {"Location": f"/api/v1/exports/{transfer.pk}"}
        return Response(TransferWords(transfer).data, 202, headers=headers)


def receipt_file(row: Erasure) -> HttpResponse:
    """A receipt to keep."""
    told = json.dumps(row.receipt, indent=2, sort_keys=True)
    headers = {"Content-Disposition": f'attachment; filename="erasure-{row.pk}.json"'}
    return HttpResponse(told, content_type="application/json", headers=headers)


def _one(erasure_id: UUID) -> Erasure:
    row = Erasure.objects.defer("sealed", "cursor").filter(pk=erasure_id).first()
    if row is None:
        raise NotFound
    return row
