"""/api/v1/relations, and what is related to a memory: neighbours, causes, effects."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import MemoryWords, Metadata, Name
from api.pagination import page
from memory import relations
from memory.models import Memory, Relation

DIRECTIONS = ("out", "in", "both")
A_CAUSE = OpenApiExample(
    "one memory caused another",
    {
        "source": "01a1fc31-325e-776f-a220-14f1782bb309",
        "target": "01a1fc31-4a11-7d0e-8f7c-52c1f0a7d1b2",
        "type": "causes",
        "weight": 0.8,
    },
    request_only=True,
)


class RelationDraft(StrictSerializer):
    """`source` stands in this relation to `target`."""

    source = serializers.UUIDField()  # type: ignore[assignment]  # a field, not the property
    target = serializers.UUIDField()
    type = serializers.ChoiceField(Relation.Type.choices)
    weight = serializers.FloatField(min_value=0, max_value=1, default=1.0)
    metadata = Metadata(default=dict)

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        if told["source"] == told["target"]:
            raise serializers.ValidationError({"target": "is the source itself"})
        return told


class RelationWords(serializers.ModelSerializer):
    """A relation."""

    source = serializers.UUIDField(source="source_id")  # type: ignore[assignment]  # a field, not the property
    target = serializers.UUIDField(source="target_id")

    class Meta:
        model = Relation
        fields = ["id", "source", "target", "type", "weight", "metadata", "created_at"]
        read_only_fields = fields


class RelationPage(serializers.Serializer):
    data = RelationWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class RelationListWords(StrictSerializer):
    memory = serializers.UUIDField(required=False, help_text="Only relations of this memory.")
    direction = serializers.ChoiceField(DIRECTIONS, default="both", help_text="Out of `memory`, in to it, or both.")
    type = serializers.ListField(child=serializers.ChoiceField(Relation.Type.choices), required=False)
    min_weight = serializers.FloatField(min_value=0, max_value=1, default=0.0)
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class NamedRelation(StrictSerializer):
    source = serializers.UUIDField()  # type: ignore[assignment]  # a field, not the property
    target = serializers.UUIDField()
    type = serializers.ChoiceField(Relation.Type.choices)


class ChainWords(StrictSerializer):
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class RelatedWords(ChainWords):
    type = serializers.ListField(child=serializers.ChoiceField(Relation.Type.choices), required=False)
    depth = serializers.IntegerField(min_value=1, max_value=relations.MAX_DEPTH, default=1)
    direction = serializers.ChoiceField(DIRECTIONS, default="both")
    min_weight = serializers.FloatField(min_value=0, max_value=1, default=0.0, help_text="Of each relation.")
    include_superseded = serializers.BooleanField(default=False)


class StepWords(serializers.Serializer):
    """One relation of a path, as it is stored: walked backwards, its target is the nearer end."""

    id = serializers.UUIDField()
    source = serializers.UUIDField()  # type: ignore[assignment]  # a field, not the property
    target = serializers.UUIDField()
    type = serializers.CharField()
    weight = serializers.FloatField()


class NeighbourWords(serializers.Serializer):
    memory = MemoryWords()
    depth = serializers.IntegerField(help_text="How many relations away.")
    weight = serializers.FloatField(help_text="The product of the weights on the path.")
    path = StepWords(many=True)


class NeighbourList(serializers.Serializer):
    data = NeighbourWords(many=True)  # type: ignore[assignment]  # a field, not the property
    truncated = serializers.BooleanField(help_text="There is more than `limit`, or than one walk looks at.")


class Relations(TenantView):
    @extend_schema(
        tags=["relations"], operation_id="relate", summary="Relate two memories",
        description="One relation of a type stands between two memories: said again, it takes the new weight and "
        "metadata.", request=RelationDraft, responses={201: RelationWords, 200: RelationWords}, examples=[A_CAUSE],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        relation, created = relations.relate(**hear(RelationDraft, request.data))
        return Response(RelationWords(relation).data, status=201 if created else 200)

    @extend_schema(
        tags=["relations"], operation_id="list_relations", summary="List relations, newest first",
        parameters=[RelationListWords], responses=RelationPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(RelationListWords, request.query_params)
        narrowed = {"direction": asked["direction"], "types": asked.get("type", ()), "min_weight": asked["min_weight"]}
        rows = relations.listed(asked.get("memory"), **narrowed)
        found, rest = page(rows, asked.get("cursor", ""), asked["limit"])
        return Response({"data": RelationWords(found, many=True).data, **rest})

    @extend_schema(
        tags=["relations"], operation_id="unrelate", summary="Delete the relation of a type between two memories",
        parameters=[NamedRelation], responses={204: None},
    )  # fmt: skip
    def delete(self, request: Request) -> Response:
        return _gone(relations.unrelate(**hear(NamedRelation, request.query_params)))


class OneRelation(TenantView):
    @extend_schema(
        tags=["relations"], operation_id="get_relation", summary="Read one relation", responses=RelationWords
    )
    def get(self, request: Request, relation_id: UUID) -> Response:
        relation = relations.listed().filter(pk=relation_id).first()
        if relation is None:
            raise NotFound
        return Response(RelationWords(relation).data)

    @extend_schema(
        tags=["relations"], operation_id="delete_relation", summary="Delete one relation", responses={204: None}
    )
    def delete(self, request: Request, relation_id: UUID) -> Response:
        return _gone(relations.unrelate(id=relation_id))


class Related(TenantView):
    @extend_schema(
        tags=["relations"], operation_id="related_memories", summary="Memories up to five relations away",
        description="Each once, by its shortest path; of equally short ones by the one that weighs most.",
        parameters=[RelatedWords], responses=NeighbourList,
    )  # fmt: skip
    def get(self, request: Request, memory_id: UUID) -> Response:
        asked = hear(RelatedWords, request.query_params)
        types, superseded = asked.pop("type", ()), asked.pop("include_superseded")
        return _walked(relations.neighbours(memory_id, types=types, superseded=superseded, **asked))


class Causes(TenantView):
    @extend_schema(
        tags=["relations"], operation_id="causes_of_memory", summary="What caused a memory, to the first cause",
        parameters=[ChainWords], responses=NeighbourList,
    )  # fmt: skip
    def get(self, request: Request, memory_id: UUID) -> Response:
        return _walked(relations.causes_of(memory_id, **hear(ChainWords, request.query_params)))


class Effects(TenantView):
    @extend_schema(
        tags=["relations"], operation_id="effects_of_memory", summary="What a memory caused, to the last effect",
        parameters=[ChainWords], responses=NeighbourList,
    )  # fmt: skip
    def get(self, request: Request, memory_id: UUID) -> Response:
        return _walked(relations.effects_of(memory_id, **hear(ChainWords, request.query_params)))


def _gone(done: bool) -> Response:
    if not done:
        raise NotFound
    return Response(status=204)


def _walked(walk: relations.Walk | None) -> Response:
    if walk is None:
        raise NotFound
    memories = Memory.objects.light().in_bulk([reached.key for reached in walk.reached])
    words = dict(zip(memories, MemoryWords(memories.values(), many=True).data, strict=True))
    told = [
        {
            "memory": words[reached.key],
            "depth": reached.depth,
            "weight": reached.weight,
            "path": [_step(step) for step in reached.path],
        }
        for reached in walk.reached
        if reached.key in memories
    ]
    return Response({"data": told, "truncated": walk.truncated})


def _step(step: relations.Step) -> dict[str, Any]:
    source, target = (step.near, step.far) if step.forward else (step.far, step.near)
    return {"id": step.id, "source": source, "target": target, "type": step.type, "weight": step.weight}
