"""/api/v1/tiers and the moves of one memory between the table and cold storage."""

from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native import words
from api.native.base import TenantView
from memory.models import Memory
from memory.tiers import cold, keeping

SHARES = OpenApiExample(
    "most is warm",
    {
        "data": [
            {"tier": "warm", "count": 1200, "bytes": 310000},
            {"tier": "archiving", "count": 0, "bytes": 0},
            {"tier": "cold", "count": 8000, "bytes": 1900000},
        ]
    },
    response_only=True,
)


class Share(serializers.Serializer):
    tier = serializers.ChoiceField(Memory.Tier.choices)
    count = serializers.IntegerField()
    bytes = serializers.IntegerField(help_text="Of content, as it is stored: compressed, and sealed when cold.")


class Shares(serializers.Serializer):
    data = Share(many=True)  # type: ignore[assignment]  # a field, not the property


class Tiers(TenantView):
    @extend_schema(
        tags=["tiers"], operation_id="read_tiers", summary="How many memories are where", responses=Shares,
        examples=[SHARES],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return Response({"data": keeping.distribution()})


class Archive(TenantView):
    @extend_schema(
        tags=["tiers"], operation_id="archive_memory", summary="Move a memory's content to cold storage",
        description="It is found and read as before; reading takes longer.", request=None,
        responses=words.MemoryWords,
    )  # fmt: skip
    def post(self, request: Request, memory_id: UUID) -> Response:
        cold.archive(memory_id)
        return _told(memory_id)


class Warm(TenantView):
    @extend_schema(
        tags=["tiers"], operation_id="warm_memory", summary="Move a memory's content back into the table",
        request=None, responses=words.MemoryWords,
    )  # fmt: skip
    def post(self, request: Request, memory_id: UUID) -> Response:
        if Memory.objects.live().filter(pk=memory_id).exists():
            cold.warm(memory_id)
        return _told(memory_id)


def _told(memory_id: UUID) -> Response:
    """The memory as it is now: `tier` says what came of the move."""
    memory = Memory.objects.live().light().filter(pk=memory_id).first()
    if memory is None:
        raise NotFound
    return Response(words.MemoryWords(cold.told(memory)).data)
