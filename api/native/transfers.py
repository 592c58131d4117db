"""/api/v1/exports and /api/v1/imports: memories out and in, as a stream or as a job."""

from collections.abc import AsyncIterator, Iterator, Mapping
from types import SimpleNamespace
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound, UnsupportedMediaType, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from api.gate import TooLarge
from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import Name
from api.pagination import page
from memory import portability, transfers
from memory.models import Transfer
from tenants.channels import in_tenant
from tenants.errors import Unauthenticated
from tenants.resolve import Speaker, speaking, still_speaks

TYPES = {
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "tar": "application/x-tar",
}
OF_ADA = OpenApiExample("what is Ada's", {"user_id": "ada", "format": "jsonl"}, request_only=True)
FILE = {(200, "application/x-ndjson"): OpenApiTypes.STR, (200, "text/csv"): OpenApiTypes.STR}


class NotReady(APIException):
    status_code = 409
    default_code = "not_ready"
    default_detail = "The file is not there: the export is not done."


class StreamWords(StrictSerializer):
    """Which memories, and how they are written."""

    format = serializers.ChoiceField(["jsonl", "csv"], default="jsonl")
    namespace, user_id, agent_id, session_id = Name(), Name(), Name(), Name()
    versions = serializers.BooleanField(default=True, help_text="With earlier versions; CSV never has them.")


class ExportWords(StreamWords):
    filters = serializers.DictField(required=False, help_text="The filter language, see the docs.")


class ImportWords(StrictSerializer):
    dry_run = serializers.BooleanField(default=False, help_text="Say what would happen, and change nothing.")


class ListedWords(StrictSerializer):
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class TransferWords(serializers.ModelSerializer):
    """An export or import, and how far it is."""

    class Meta:
        model = Transfer
        fields = [
            "id", "direction", "format", "state", "filters", "dry_run", "total", "done", "counts", "errors",
            "checksum", "reason", "created_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class TransferPage(serializers.Serializer):
    data = TransferWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class RawParser(BaseParser):
    """The body as it comes: it is kept in pieces, and read line by line later."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        headers = parser_context["request"].headers if parser_context else {}
        if headers.get("Content-Encoding", "identity") != "identity":
            raise UnsupportedMediaType(headers["Content-Encoding"], "Send the body without Content-Encoding.")
        return stream


class JsonlParser(RawParser):
    media_type = "application/x-ndjson"


class CsvParser(RawParser):
    media_type = "text/csv"


class JsonlRenderer(JSONRenderer):
    """For those who accept nothing else; only problems are rendered, as the JSON that they are."""

    media_type = "application/x-ndjson"


class CsvRenderer(JSONRenderer):
    media_type = "text/csv"


class ByAccept(DefaultContentNegotiation):
    """REST framework would take the parameter `format` for the name of a renderer; here it is ours."""

    settings = SimpleNamespace(URL_FORMAT_OVERRIDE=None)  # type: ignore[assignment]


class ExportStream(TenantView):
    operations = {"GET": "exports.run"}
    content_negotiation_class = ByAccept
    renderer_classes = [JSONRenderer, JsonlRenderer, CsvRenderer]

    @extend_schema(
        tags=["portability"], operation_id="stream_export", summary="Export memories as a stream",
        parameters=[StreamWords], responses=FILE,
    )  # fmt: skip
    def get(self, request: Request) -> StreamingHttpResponse:
        asked = hear(StreamWords, request.query_params)
        chosen = transfers.selection(asked)
        first = portability.batch(chosen, asked["format"], {})

        def after(piece: portability.Piece) -> portability.Piece | None:
            return None if piece.cursor is None else portability.batch(chosen, asked["format"], piece.cursor)

        form = asked["format"]
        return streamed(request._request, self.speaker, first, after, form, f"memories.{form}")


class Exports(TenantView):
    operations = {"POST": "exports.run", "GET": "exports.run"}

    @extend_schema(
        tags=["portability"], operation_id="start_export", summary="Ask for an export as a file",
        request=ExportWords, responses={202: TransferWords}, examples=[OF_ADA],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        asked = hear(ExportWords, request.data)
        form = asked.pop("format")
        return _accepted(transfers.start_export(asked, form), "exports")

    @extend_schema(
        tags=["portability"], operation_id="list_exports", summary="List exports, newest first",
        parameters=[ListedWords], responses=TransferPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return _listed(request, "export")


class Imports(TenantView):
    operations = {"POST": "imports.run", "GET": "imports.run"}
    parser_classes = [JsonlParser, CsvParser]

    @extend_schema(
        tags=["portability"], operation_id="start_import", summary="Import memories",
        description="The body is the file: JSON lines or CSV, by its Content-Type.",
        parameters=[ImportWords], responses={202: TransferWords},
        request={"application/x-ndjson": OpenApiTypes.BINARY, "text/csv": OpenApiTypes.BINARY},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        asked = hear(ImportWords, request.query_params)
        if not hasattr(request.data, "read"):  # without a body REST framework gives an empty object
            raise ValidationError("the body is the file, and it is empty", code="required")
        form = "csv" if (request.content_type or "").startswith("text/csv") else "jsonl"
        limit = settings.IMPORT_LIMIT_BYTES
        try:
            return _accepted(transfers.start_import(request.data, form, limit=limit, **asked), "imports")
        except transfers.TooBig as error:
            raise TooLarge(str(error)) from None

    @extend_schema(
        tags=["portability"], operation_id="list_imports", summary="List imports, newest first",
        parameters=[ListedWords], responses=TransferPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return _listed(request, "import")


class OneTransfer(TenantView):
    direction = ""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.operations = {"GET": f"{self.direction}s.run"}
        super().initial(request, *args, **kwargs)

    @extend_schema(tags=["portability"], summary="How far a transfer is", responses=TransferWords)
    def get(self, request: Request, transfer_id: UUID) -> Response:
        return Response(TransferWords(_one(transfer_id, self.direction)).data)


class Cancel(TenantView):
    direction = ""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.operations = {"POST": f"{self.direction}s.run"}
        super().initial(request, *args, **kwargs)

    @extend_schema(
        tags=["portability"], summary="Stop a transfer", request=None, responses=TransferWords,
        description="What an import has stored stays. One that is over stays as it is.",
    )  # fmt: skip
    def post(self, request: Request, transfer_id: UUID) -> Response:
        _one(transfer_id, self.direction)
        return Response(TransferWords(transfers.cancel(transfer_id)).data)


class ExportFile(TenantView):
    operations = {"GET": "exports.run"}
    renderer_classes = [JSONRenderer, JsonlRenderer, CsvRenderer]

    @extend_schema(
        tags=["portability"], operation_id="download_export", summary="The file of an export", responses=FILE
    )
    def get(self, request: Request, transfer_id: UUID) -> StreamingHttpResponse:
        transfer = _one(transfer_id, "export")
        if transfer.state != Transfer.State.DONE:
            raise NotReady
        return download(request._request, self.speaker, transfer)


def download(request: HttpRequest, speaker: Speaker, transfer: Transfer) -> StreamingHttpResponse:
    """The file of an export that is done."""
    pieces = enumerate(transfer.parts)
    first = _part(transfer, next(pieces))

    def after(_: portability.Piece) -> portability.Piece | None:
        number = next(pieces, None)
        return None if number is None else _part(transfer, number)

    return streamed(request, speaker, first, after, transfer.format, f"memories-{transfer.pk}.{transfer.format}")


def _part(transfer: Transfer, number: tuple[int, str]) -> portability.Piece:
    return portability.Piece(transfers.read_part(transfer, number[0]), 0, None)


def _one(transfer_id: UUID, direction: str) -> Transfer:
    transfer = Transfer.objects.filter(pk=transfer_id, direction=direction).first()
    if transfer is None:
        raise NotFound
    return transfer


def _accepted(transfer: Transfer, route: str) -> Response:
    return Response(TransferWords(transfer).data, 202, headers={"Location": f"/api/v1/{route}/{transfer.pk}"})


def _listed(request: Request, direction: str) -> Response:
    asked = hear(ListedWords, request.query_params)
    rows = Transfer.objects.filter(direction=direction).defer("cursor", "parts")
    found, rest = page(rows, asked.get("cursor", ""), asked["limit"])
    return Response({"data": TransferWords(found, many=True).data, **rest})


def streamed(
    request: HttpRequest, speaker: Speaker, first: Any, after: Any, form: str, name: str
) -> StreamingHttpResponse:
    """Piece after piece. The view is over by then, so each piece enters the speaker's schema anew."""
    under_asgi = isinstance(request, ASGIRequest)
    pieces = _awaited(speaker, first, after) if under_asgi else _told(speaker, first, after)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return StreamingHttpResponse(pieces, content_type=TYPES[form], headers=headers)


async def _awaited(speaker: Speaker, piece: Any, after: Any) -> AsyncIterator[bytes]:
    while piece is not None:
        yield piece.data
        piece = await in_tenant(speaker, _after, speaker, after, piece)


def _told(speaker: Speaker, piece: Any, after: Any) -> Iterator[bytes]:
    while piece is not None:
        yield piece.data
        with speaking(speaker):
            piece = _after(speaker, after, piece)


def _after(speaker: Speaker, after: Any, piece: Any) -> Any:
    """The next piece, while the credential is good. Breaking off is all one can say in the middle of a file."""
    if not still_speaks(speaker, "exports.run"):
        raise Unauthenticated
    return after(piece)
