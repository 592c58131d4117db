"""/api/v1/webhooks/…/deliveries: what was sent to a webhook, each attempt, and sending it anew."""

from datetime import datetime
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, hear
from api.native.webhooks import WebhookView
from api.native.words import Moment, Name
from api.pagination import read_place, write_place
from events.models import Attempt, Delivery
from events.wanted import known
from events.webhooks import deliveries, looking, payload
from events.webhooks.errors import NotReplayable

NARROW = ("state", "type", "since", "until")
LAST = 2**53  # of the numbers of facts
ALL_DEAD = OpenApiExample("all dead ones since a time", {"since": "2026-11-20T12:00:00Z"}, request_only=True)
A_RANGE = OpenApiExample("a range of facts", {"first_seq": 1200, "last_seq": 1299}, request_only=True)


class AttemptWords(serializers.ModelSerializer):
    """One try, and what came back."""

    class Meta:
        model = Attempt
        fields = ("at", "took_ms", "status", "error", "response")
        read_only_fields = fields


class DeliveryWords(serializers.ModelSerializer):
    webhook_id = serializers.UUIDField(read_only=True)
    event_id = serializers.UUIDField(read_only=True, help_text="The header `webhook-id`; replays keep it.")
    last_status = serializers.IntegerField(allow_null=True, read_only=True, help_text="Of HTTP, at the last attempt.")
    last_error = serializers.CharField(allow_null=True, read_only=True)
    next_at = serializers.SerializerMethodField(help_text="When it is tried again; null: it is not.")

    class Meta:
        model = Delivery
        fields: tuple[str, ...] = (
            "id", "webhook_id", "event_id", "seq", "type", "state", "attempts", "replays", "next_at", "created_at",
            "finished_at", "last_status", "last_error",
        )  # fmt: skip
        read_only_fields = fields

    def get_next_at(self, delivery: Delivery) -> datetime | None:
        return delivery.next_at if delivery.state == Delivery.State.PENDING else None


class WholeDeliveryWords(DeliveryWords):
    tries = AttemptWords(many=True, help_text="Oldest first, those before a replay too.")
    body = serializers.CharField(help_text="What is sent, byte for byte.")

    class Meta:
        model = Delivery
        fields = read_only_fields = (*DeliveryWords.Meta.fields, "tries", "body")


class DeliveryPage(serializers.Serializer):
    data = DeliveryWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class DeliveryListWords(StrictSerializer):
    state = serializers.ChoiceField(Delivery.State.choices, required=False)
    type = Name(max_length=64, help_text="Of the fact; one that ends in `.*` stands for all that begin so.")
    since = Moment(required=False, help_text="Made at this time or later.")
    until = Moment(required=False, help_text="Made before.")
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)

    def validate_type(self, type: str) -> str:
        if type and not known(type):
            raise serializers.ValidationError("is no type of the catalogue, nor the beginning of one with `.*`")
        return type


class Replay(StrictSerializer):
    """Either a range of facts by their numbers, whatever came of them, or all that is dead."""

    first_seq = serializers.IntegerField(min_value=0, max_value=LAST, required=False)
    last_seq = serializers.IntegerField(min_value=0, max_value=LAST, required=False)
    since = Moment(required=False, help_text="All dead deliveries that were made at this time or later.")
    dry_run = serializers.BooleanField(default=False, help_text="Only count.")

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        by_range = {"first_seq", "last_seq"} & set(told)
        if ("since" in told) == bool(by_range):
            raise serializers.ValidationError("say `since`, or `first_seq` and `last_seq`")
        for name in {"first_seq", "last_seq"} - by_range if by_range else ():
            raise serializers.ValidationError({name: "is needed beside the other"})
        if by_range and told["last_seq"] < told["first_seq"]:
            raise serializers.ValidationError({"last_seq": "must not be less than `first_seq`"})
        return told


class DeliveryView(WebhookView):
    def delivery(self, delivery_id: UUID) -> Delivery:
        rows = deliveries.of_tenant(self.speaker.tenant.id)
        delivery = looking.with_last_try(rows).filter(pk=delivery_id).first()
        if delivery is None:
            raise NotFound
        return delivery


class Deliveries(DeliveryView):
    @extend_schema(
        tags=["webhooks"], operation_id="list_deliveries", summary="List what is sent to one, newest first",
        parameters=[DeliveryListWords], responses=DeliveryPage,
    )  # fmt: skip
    def get(self, request: Request, webhook_id: UUID) -> Response:
        asked = hear(DeliveryListWords, request.query_params)
        place = read_place(asked.get("cursor", ""), int)
        limit, narrow = asked["limit"], {name: asked[name] for name in NARROW if name in asked}
        rows = looking.narrowed(deliveries.of_webhook(self.one(webhook_id).pk), **narrow)
        found = looking.newest(rows, place[0] if place else None, limit + 1)
        shown, more = found[:limit], len(found) > limit
        rest = {"next_cursor": write_place([shown[-1].seq]) if more else None, "has_more": more}
        return Response({"data": DeliveryWords(shown, many=True).data, **rest})


class OneDelivery(DeliveryView):
    @extend_schema(
        tags=["webhooks"], operation_id="get_delivery", summary="Read one, with its attempts and what is sent",
        responses=WholeDeliveryWords,
    )  # fmt: skip
    def get(self, request: Request, delivery_id: UUID) -> Response:
        return Response(whole(self.delivery(delivery_id)))


class ReplayDelivery(DeliveryView):
    @extend_schema(
        tags=["webhooks"], operation_id="replay_delivery", summary="Send one anew",
        description="`webhook-id` stays the same. What waits, is on its way or was cancelled is not sent anew.",
        request=None, responses={202: WholeDeliveryWords},
    )  # fmt: skip
    def post(self, request: Request, delivery_id: UUID) -> Response:
        if not deliveries.replay_one(self.delivery(delivery_id).pk):
            raise NotReplayable("it waits, is on its way, or was cancelled")
        return Response(whole(self.delivery(delivery_id)), 202)


class ReplayMany(DeliveryView):
    @extend_schema(
        tags=["webhooks"], operation_id="replay_deliveries", summary="Send a range, or all that is dead, anew",
        description="A range also sends what was missed: facts from before the webhook, or while it was disabled.",
        request=Replay, responses={200: inline_serializer("ReplayedWords", {"count": serializers.IntegerField()})},
        examples=[ALL_DEAD, A_RANGE],
    )  # fmt: skip
    def post(self, request: Request, webhook_id: UUID) -> Response:
        asked, webhook = hear(Replay, request.data), self.one(webhook_id)
        if "since" in asked:
            if asked["dry_run"]:
                return Response({"count": looking.dead(webhook.pk, asked["since"]).count()})
            return Response({"count": deliveries.replay_dead(webhook.pk, asked["since"])})
        between = (asked["first_seq"], asked["last_seq"])
        if asked["dry_run"]:
            return Response({"count": looking.over(webhook, *between)})
        return Response({"count": deliveries.replay_range(webhook.pk, *between)})


def whole(delivery: Delivery) -> dict[str, Any]:
    """A delivery with its attempts and the body that is sent."""
    told: dict[str, Any] = dict(DeliveryWords(delivery).data)
    tries = AttemptWords(delivery.tries.order_by("id"), many=True).data
    return told | {"tries": tries, "body": payload.body(delivery.event)}
