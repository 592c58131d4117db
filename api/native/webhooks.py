"""/api/v1/webhooks: addresses that are told of the tenant's facts, and how well that goes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, TenantView, hear
from api.native.words import Name
from api.pagination import page
from events.models import Webhook
from events.webhooks import endpoints, health

LOOKS_AND_MANAGES = {
    "GET": "webhooks.read", "POST": "webhooks.manage", "PATCH": "webhooks.manage", "DELETE": "webhooks.manage",
}  # fmt: skip
SHOWN_ONCE = "`secret` signs what is delivered. It is shown in this answer and never again."
OF_MEMORIES = OpenApiExample(
    "of memories and alerts",
    {"url": "https://example.com/memhouse", "types": ["memory.*", "health.alert"], "description": "our search index"},
    request_only=True,
)


class WebhookChange(StrictSerializer):
    url = serializers.CharField(max_length=2048, required=False)
    description = Name(max_length=200)
    types = serializers.ListField(
        child=serializers.CharField(max_length=64), max_length=100, required=False,
        help_text="Types of facts; one that ends in `.*` stands for all that begin so. Empty: all.",
    )  # fmt: skip
    namespaces = serializers.ListField(
        child=serializers.CharField(max_length=255), max_length=100, required=False,
        help_text="Only facts that name one of these namespaces. Empty: all.",
    )  # fmt: skip


class WebhookDraft(WebhookChange):
    """An address to be told of facts."""

    url = serializers.CharField(max_length=2048)


class Roll(StrictSerializer):
    hours = serializers.FloatField(
        min_value=0, max_value=endpoints.LONGEST_OVERLAP, default=endpoints.OVERLAP,
        help_text="How long the secret before goes on signing beside the new one.",
    )  # fmt: skip


class WebhookHealth(serializers.Serializer):
    """How deliveries go. Rates and times are of the last 24 hours."""

    delivered_24h = serializers.IntegerField()
    failed_24h = serializers.IntegerField(help_text="Attempts that failed.")
    success_rate = serializers.FloatField(allow_null=True, help_text="0 to 1; null: nothing was tried.")
    pending = serializers.IntegerField()
    dead = serializers.IntegerField(help_text="Given up; they can be replayed.")
    oldest_pending_at = serializers.DateTimeField(allow_null=True)
    p50_ms = serializers.IntegerField(allow_null=True, help_text="Half of the answers came within.")
    p95_ms = serializers.IntegerField(allow_null=True)


class WebhookWords(serializers.ModelSerializer):
    health = WebhookHealth()
    reason = serializers.CharField(
        read_only=True, help_text="Why it was disabled: `gone`, it answered 410; `failing`, nothing arrived for days."
    )

    class Meta:
        model = Webhook
        fields: tuple[str, ...] = (
            "id", "url", "description", "types", "namespaces", "state", "reason", "failures", "failing_since",
            "rests_until", "last_delivered_at", "created_at", "updated_at", "health",
        )  # fmt: skip
        read_only_fields = fields


class WebhookSecretWords(WebhookWords):
    secret = serializers.CharField(help_text=SHOWN_ONCE)

    class Meta:
        model = Webhook
        fields = read_only_fields = (*WebhookWords.Meta.fields, "secret")


class WebhookPage(serializers.Serializer):
    data = WebhookWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class WebhookListWords(StrictSerializer):
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class WebhookView(TenantView):
    operations = LOOKS_AND_MANAGES

    def one(self, webhook_id: UUID) -> Webhook:
        webhook = endpoints.of_tenant(self.speaker.tenant.id).filter(pk=webhook_id).first()
        if webhook is None:
            raise NotFound
        return webhook


class Webhooks(WebhookView):
    reply_is_secret = True

    @extend_schema(
        tags=["webhooks"], operation_id="create_webhook", summary="Have an address told of facts",
        description=SHOWN_ONCE, request=WebhookDraft, responses={201: WebhookSecretWords}, examples=[OF_MEMORIES],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        return shown_once(*endpoints.create(**hear(WebhookDraft, request.data)))

    @extend_schema(
        tags=["webhooks"], operation_id="list_webhooks", summary="List webhooks with their health, newest first",
        parameters=[WebhookListWords], responses=WebhookPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(WebhookListWords, request.query_params)
        found, rest = page(endpoints.of_tenant(self.speaker.tenant.id), asked.get("cursor", ""), asked["limit"])
        return Response({"data": told_all(found), **rest})


class OneWebhook(WebhookView):
    @extend_schema(
        tags=["webhooks"], operation_id="get_webhook", summary="Read one with its health", responses=WebhookWords
    )
    def get(self, request: Request, webhook_id: UUID) -> Response:
        return Response(told(self.one(webhook_id)))

    @extend_schema(
        tags=["webhooks"], operation_id="change_webhook", summary="Change the given fields",
        request=WebhookChange, responses=WebhookWords,
    )  # fmt: skip
    def patch(self, request: Request, webhook_id: UUID) -> Response:
        return answered(endpoints.change(webhook_id, dict(hear(WebhookChange, request.data))))

    @extend_schema(
        tags=["webhooks"], operation_id="delete_webhook", summary="Delete one, with its deliveries",
        responses={204: None},
    )  # fmt: skip
    def delete(self, request: Request, webhook_id: UUID) -> Response:
        if not endpoints.delete(webhook_id):
            raise NotFound
        return Response(status=204)


class PauseWebhook(WebhookView):
    @extend_schema(
        tags=["webhooks"], operation_id="pause_webhook", summary="Let its deliveries wait",
        request=None, responses=WebhookWords,
    )  # fmt: skip
    def post(self, request: Request, webhook_id: UUID) -> Response:
        return answered(endpoints.pause(webhook_id))


class EnableWebhook(WebhookView):
    @extend_schema(
        tags=["webhooks"], operation_id="enable_webhook", summary="Deliver again",
        description="After a pause, or after it was disabled. What waited goes out.",
        request=None, responses=WebhookWords,
    )  # fmt: skip
    def post(self, request: Request, webhook_id: UUID) -> Response:
        return answered(endpoints.enable(webhook_id))


class PingWebhook(WebhookView):
    @extend_schema(
        tags=["webhooks"], operation_id="ping_webhook", summary="Send it a test",
        description="The fact `ping.test` goes to this webhook alone, whatever types it wants.",
        request=None, responses={202: inline_serializer("PingWords", {"event_id": serializers.UUIDField()})},
    )  # fmt: skip
    def post(self, request: Request, webhook_id: UUID) -> Response:
        fact = endpoints.ping(webhook_id)
        if fact is None:
            raise NotFound
        return Response({"event_id": fact}, 202)


class RollSecret(WebhookView):
    reply_is_secret = True

    @extend_schema(
        tags=["webhooks"], operation_id="roll_webhook_secret", summary="Give it a new secret",
        description=f"The secret before signs too for `hours`. {SHOWN_ONCE}",
        request=Roll, responses={201: WebhookSecretWords},
    )  # fmt: skip
    def post(self, request: Request, webhook_id: UUID) -> Response:
        rolled = endpoints.roll(webhook_id, hear(Roll, request.data)["hours"])
        if rolled is None:
            raise NotFound
        return shown_once(*rolled)


def told_all(webhooks: Sequence[Webhook]) -> list[dict[str, Any]]:
    """Webhooks with their health, which costs the same for many as for one."""
    known = health.health_of(webhooks)
    for webhook in webhooks:
        webhook.health = known[webhook.pk]  # type: ignore[attr-defined]
    return list(WebhookWords(webhooks, many=True).data)


def told(webhook: Webhook) -> dict[str, Any]:
    return told_all([webhook])[0]


def answered(webhook: Webhook | None) -> Response:
    if webhook is None:
        raise NotFound
    return Response(told(webhook))


def shown_once(webhook: Webhook, secret: str) -> Response:
    return Response(told(webhook) | {"secret": secret}, 201, headers={"Cache-Control": "no-store"})
