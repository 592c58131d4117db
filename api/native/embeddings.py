"""/api/v1/embeddings: the tenant's embedding model, and changing it while it serves."""

from collections.abc import Callable
from dataclasses import asdict

from django.conf import settings
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.accepting import accept_loss
from api.native.base import StrictSerializer, TenantView, hear
from memory.upkeep import reembed

TO_FP32 = OpenApiExample("the packaged model in fp32", {"model": "all-MiniLM-L6-v2/fp32"}, request_only=True)


class ModelChoice(StrictSerializer):
    model = serializers.CharField(max_length=100, help_text="One of `models`.")


class Nothing(StrictSerializer):
    """No fields."""


class EmbeddingsWords(serializers.Serializer):
    """Where the tenant is with its embedding model."""

    model = serializers.CharField(help_text="The model in use.")
    shadow = serializers.CharField(help_text="The one that shall take over, or that was before; empty for none.")
    state = serializers.ChoiceField(["idle", "growing", "switched"])
    total = serializers.IntegerField(help_text="Memories, and later stretches of long ones.")
    waiting = serializers.IntegerField(help_text="Of these, without a vector of `shadow` yet.")
    models = serializers.ListField(child=serializers.CharField(), help_text="What there is to choose from.")


def _told() -> Response:
    return Response(asdict(reembed.progress()) | {"models": list(settings.EMBEDDERS)})


class Embeddings(TenantView):
    @extend_schema(
        tags=["embeddings"], operation_id="get_embeddings", summary="The embedding model, and a change of it",
        responses=EmbeddingsWords,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return _told()


class Reembed(TenantView):
    operations = {"POST": "embeddings.manage"}

    @extend_schema(
        tags=["embeddings"], operation_id="reembed", summary="Begin to change the embedding model",
        request=ModelChoice, responses=EmbeddingsWords, examples=[TO_FP32],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        reembed.start(hear(ModelChoice, request.data)["model"])
        return _told()


def _step(name: str, summary: str, take: Callable[[], None]) -> type[TenantView]:
    """A step without a body."""

    @extend_schema(
        tags=["embeddings"], operation_id=f"{name}_embeddings", summary=summary, request=Nothing,
        responses=EmbeddingsWords,
    )  # fmt: skip
    def post(self: TenantView, request: Request) -> Response:
        hear(Nothing, request.data)
        take()
        return _told()

    return type(name.title(), (TenantView,), {"operations": {"POST": "embeddings.manage"}, "post": post})


class SwitchWish(StrictSerializer):
    accept_loss = accept_loss()


class Switch(TenantView):
    operations = {"POST": "embeddings.manage"}

    @extend_schema(
        tags=["embeddings"], operation_id="switch_embeddings", summary="Let the new embedding model take over",
        description="Saved questions are asked with both models; where the new one answers them worse, it is refused.",
        request=SwitchWish, responses=EmbeddingsWords,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        reembed.switch(accept_loss=hear(SwitchWish, request.data)["accept_loss"])
        return _told()


Rollback = _step("rollback", "Let the old embedding model take over again", reembed.rollback)
Finish = _step("finish", "Drop the old embedding model's vectors", reembed.finish)
Cancel = _step("cancel", "Give up a change of the embedding model", reembed.cancel)
