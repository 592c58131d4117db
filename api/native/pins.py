"""/api/v1/memories/{id}/pin and /unpin: what no upkeep shall touch."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import TenantView
from api.native.versions import told
from api.native.words import MemoryWords
from memory import pinning


class Pin(TenantView):
    @extend_schema(
        tags=["memories"], operation_id="pin_memory", summary="Pin a memory", request=None, responses=MemoryWords,
        description="No upkeep decays, silences, compresses, archives or deletes it. Its version stays.",
    )  # fmt: skip
    def post(self, request: Request, memory_id: UUID) -> Response:
        return told(pinning.pin(memory_id))


class Unpin(TenantView):
    @extend_schema(
        tags=["memories"], operation_id="unpin_memory", summary="Unpin a memory", request=None, responses=MemoryWords
    )
    def post(self, request: Request, memory_id: UUID) -> Response:
        return told(pinning.unpin(memory_id))
