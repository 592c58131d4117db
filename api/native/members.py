"""/api/v1/members: the people of the tenant and their roles; /api/v1/me: who is asking."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import PlatformView, StrictSerializer, TenantView, hear
from api.native.keys import ListedWords
from api.pagination import read_cursor, write_cursor
from tenants import members, roles
from tenants.models import Membership
from tenants.resolve import Speaker

A_MEMBER = OpenApiExample("an editor", {"email": "ada@example.org", "role": "editor"}, request_only=True)


class RoleWords(StrictSerializer):
    role = serializers.ChoiceField(Membership.Role.choices)


class MemberDraft(RoleWords):
    email = serializers.EmailField(max_length=254)


class MemberWords(serializers.ModelSerializer):
    id = serializers.UUIDField(source="user_id", help_text="Of the person.")
    email = serializers.EmailField(source="user.email")
    name = serializers.CharField(source="user.name")
    last_login = serializers.DateTimeField(source="user.last_login", allow_null=True)

    class Meta:
        model = Membership
        fields = ("id", "email", "name", "role", "last_login")
        read_only_fields = fields


class MemberPage(serializers.Serializer):
    data = MemberWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class MeWords(serializers.Serializer):
    """Who is asking, where, and what it may do there."""

    kind = serializers.ChoiceField(["key", "person"])
    name = serializers.CharField(help_text="Of the key, or the person's e-mail address.")
    tenant = serializers.DictField(allow_null=True, help_text="`id`, `slug` and `name`; null on the platform.")
    role = serializers.CharField(help_text="Of a person; empty for a key.")
    scopes = serializers.ListField(child=serializers.CharField(), help_text="Of a key.")
    namespaces = serializers.ListField(child=serializers.CharField(), help_text="To which it is bound; none: to none.")
    expires_at = serializers.DateTimeField(allow_null=True, help_text="Of the key.")
    operations = serializers.ListField(child=serializers.CharField(), help_text="What it may do, see docs/roles.md.")


class Members(TenantView):
    operations = dict.fromkeys(("GET", "POST"), "members.manage")

    @extend_schema(
        tags=["members"], operation_id="add_member", summary="Make a person a member",
        request=MemberDraft, responses={201: MemberWords}, examples=[A_MEMBER],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        told = hear(MemberDraft, request.data)
        member = members.add(self.speaker.tenant, told["email"], told["role"], by=self.speaker.gives_as)
        return Response(MemberWords(member).data, 201)

    @extend_schema(
        tags=["members"], operation_id="list_members", summary="List members, by when they became known",
        parameters=[ListedWords], responses=MemberPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = hear(ListedWords, request.query_params)
        rows = Membership.objects.filter(tenant=self.speaker.tenant).select_related("user").order_by("user_id")
        if cursor := asked.get("cursor", ""):
            rows = rows.filter(user_id__gt=read_cursor(cursor))
        found = list(rows[: asked["limit"] + 1])
        has_more, found = len(found) > asked["limit"], found[: asked["limit"]]
        last = write_cursor(found[-1].user_id) if has_more else None
        return Response({"data": MemberWords(found, many=True).data, "next_cursor": last, "has_more": has_more})


class OneMember(TenantView):
    operations = dict.fromkeys(("GET", "PATCH", "DELETE"), "members.manage")

    def _one(self, member_id: UUID) -> Membership:
        rows = Membership.objects.filter(tenant=self.speaker.tenant).select_related("user")
        member = rows.filter(user=member_id).first()
        if member is None:
            raise NotFound
        return member

    @extend_schema(tags=["members"], operation_id="get_member", summary="Read one member", responses=MemberWords)
    def get(self, request: Request, member_id: UUID) -> Response:
        return Response(MemberWords(self._one(member_id)).data)

    @extend_schema(
        tags=["members"], operation_id="change_member", summary="Give a member another role",
        request=RoleWords, responses=MemberWords,
    )  # fmt: skip
    def patch(self, request: Request, member_id: UUID) -> Response:
        role = hear(RoleWords, request.data)["role"]
        member = members.change(self._one(member_id), role, by=self.speaker.gives_as)
        return Response(MemberWords(member).data)

    @extend_schema(
        tags=["members"], operation_id="remove_member", summary="End a membership",
        description="At once, with the person's tokens and open sockets.", responses={204: None},
    )  # fmt: skip
    def delete(self, request: Request, member_id: UUID) -> Response:
        members.remove(self._one(member_id), by=self.speaker.gives_as)
        return Response(status=204)


class Me(PlatformView):
    operations = {"GET": "me.read"}

    @extend_schema(tags=["members"], operation_id="who_am_i", summary="Who is asking", responses=MeWords)
    def get(self, request: Request) -> Response:
        return Response(_told(self.speaker))


def _told(speaker: Speaker) -> dict[str, Any]:
    tenant, key = speaker.tenant, speaker.key
    return {
        "kind": "key" if key else "person",
        "name": key.name if key else speaker.user.email if speaker.user else "",
        "tenant": None if speaker.on_platform else {"id": tenant.id, "slug": tenant.slug, "name": tenant.name},
        "role": speaker.role,
        "scopes": [scope for scope in roles.SCOPES if scope in speaker.scopes],
        "namespaces": list(speaker.namespaces),
        "expires_at": key.expires_at if key else None,
        "operations": [name for name in roles.OPERATIONS if speaker.may(name)],
    }
