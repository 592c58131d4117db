"""/api/v1/keys: the API keys of the tenant, or of the platform."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import PlatformView, StrictSerializer, hear
from api.native.words import Name
from api.pagination import page
from tenants import keys
from tenants.models import ApiKey, Tenant

A_KEY = OpenApiExample(
    "a key of one namespace",
    {"name": "support bot", "scopes": ["read", "write"], "namespaces": ["support"]},
    request_only=True,
)
SHOWN_ONCE = "`key` is the whole key. It is shown in this answer and never again."


class KeyDraft(StrictSerializer):
    name = serializers.CharField(max_length=100)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(ApiKey.Scope.choices), min_length=1, max_length=4, default=["read", "write"]
    )
    namespaces = serializers.ListField(
        child=serializers.CharField(max_length=255), max_length=keys.MOST_NAMESPACES, default=list,
        help_text="The only ones in which it reads and writes; none: all.",
    )  # fmt: skip
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)

    def validate_expires_at(self, at: datetime | None) -> datetime | None:
        if at and at <= timezone.now():
            raise serializers.ValidationError("is over")
        return at


class Rotation(StrictSerializer):
    overlap_hours = serializers.FloatField(
        min_value=0, max_value=keys.LONGEST_OVERLAP, default=keys.OVERLAP, help_text="How long the old key goes on."
    )


class ListedWords(StrictSerializer):
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class KeyWords(serializers.ModelSerializer):
    state = serializers.SerializerMethodField(help_text="`live`, `expired` or `revoked`.")
    prefix = serializers.CharField(help_text="What of the key may be shown.")

    class Meta:
        model = ApiKey
        fields = (
            "id", "name", "prefix", "scopes", "namespaces", "state", "created_at", "expires_at", "revoked_at",
            "last_used_at", "usage_count", "successor",
        )  # fmt: skip
        read_only_fields = fields

    def get_state(self, key: ApiKey) -> str:
        return state_of(key)


class IssuedKey(KeyWords):
    key = serializers.CharField(help_text=SHOWN_ONCE)

    class Meta:
        model = ApiKey
        fields = read_only_fields = (*KeyWords.Meta.fields, "key")


class KeyPage(serializers.Serializer):
    data = KeyWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


def state_of(key: ApiKey) -> str:
    if key.revoked_at:
        return "revoked"
    return "live" if key.is_live() else "expired"


class KeyView(PlatformView):
    operations = dict.fromkeys(("GET", "POST"), "keys.manage")

    @property
    def own(self) -> Tenant | None:
        return None if self.speaker.on_platform else self.speaker.tenant

    def one(self, key_id: UUID) -> ApiKey:
        key = keys.of(self.own).filter(pk=key_id).first()
        if key is None:
            raise NotFound
        return key


class Keys(KeyView):
    reply_is_secret = True

    @extend_schema(
        tags=["keys"], operation_id="issue_key", summary="Issue an API key", description=SHOWN_ONCE,
        request=KeyDraft, responses={201: IssuedKey}, examples=[A_KEY],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        told = hear(KeyDraft, request.data)
        return issued(*keys.issue(self.own, told.pop("name"), **told))

    @extend_schema(
        tags=["keys"], operation_id="list_keys", summary="List API keys, newest first",
        parameters=[ListedWords], responses=KeyPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(ListedWords, request.query_params)
        found, rest = page(keys.of(self.own), asked.get("cursor", ""), asked["limit"])
        return Response({"data": KeyWords(found, many=True).data, **rest})


class OneKey(KeyView):
    @extend_schema(tags=["keys"], operation_id="get_key", summary="Read one API key", responses=KeyWords)
    def get(self, request: Request, key_id: UUID) -> Response:
        return Response(KeyWords(self.one(key_id)).data)


class RotateKey(KeyView):
    reply_is_secret = True

    @extend_schema(
        tags=["keys"], operation_id="rotate_key", summary="Put a new key in the place of one",
        description=f"The old key goes on for `overlap_hours`. {SHOWN_ONCE}",
        request=Rotation, responses={201: IssuedKey},
    )  # fmt: skip
    def post(self, request: Request, key_id: UUID) -> Response:
        hours = hear(Rotation, request.data)["overlap_hours"]
        return issued(*keys.rotate(self.one(key_id), hours))


class RevokeKey(KeyView):
    @extend_schema(
        tags=["keys"], operation_id="revoke_key", summary="Revoke an API key",
        description="It ends at once, with its tokens and open sockets. One that is revoked stays so.",
        request=None, responses=KeyWords,
    )  # fmt: skip
    def post(self, request: Request, key_id: UUID) -> Response:
        key = self.one(key_id)
        keys.revoke(key)
        key.refresh_from_db()
        return Response(KeyWords(key).data)


def issued(key: ApiKey, text: str) -> Response:
    told: dict[str, Any] = dict(KeyWords(key).data) | {"key": text}
    return Response(told, 201, headers={"Cache-Control": "no-store"})
