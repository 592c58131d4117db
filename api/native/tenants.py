"""/api/v1/tenants: opening, closing and deleting tenants, with a credential of the platform."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import PlatformView, StrictSerializer, hear
from api.native.transfers import streamed
from api.native.words import Name
from api.pagination import page
from memory import moving
from tenants import leaving, lifecycle, onboarding
from tenants.models import Receipt, Tenant
from tenants.resolve import Speaker

ACME = OpenApiExample("open acme", {"slug": "acme", "name": "Acme Outdoor"}, request_only=True)
UNPAID = OpenApiExample("not paid", {"reason": "The invoice of May is open."}, request_only=True)
TYPED = OpenApiExample("the slug, typed", {"slug": "acme"}, request_only=True)


class NewTenant(StrictSerializer):
    slug = serializers.CharField(max_length=47, help_text="Lower-case letters, digits and dashes; for ever.")
    name = serializers.CharField(max_length=200, required=False, help_text="The slug, when it is not given.")
    domain = serializers.CharField(max_length=253, default="", help_text="A host name that names it.")


class Named(StrictSerializer):
    name = serializers.CharField(max_length=200)


class Reason(StrictSerializer):
    reason = serializers.CharField(max_length=300)


class Typed(StrictSerializer):
    slug = serializers.CharField(max_length=47, help_text="The tenant's slug, typed by who wants it gone.")


class Nothing(StrictSerializer):
    """No fields."""


class Listed(StrictSerializer):
    cursor = Name(help_text="`next_cursor` of the page before.")
    limit = serializers.IntegerField(min_value=1, max_value=200, default=50)


class TenantWords(serializers.ModelSerializer):
    """A tenant and its state."""

    class Meta:
        model = Tenant
        fields = ["id", "slug", "name", "state", "reason", "delete_after", "created_at"]
        read_only_fields = fields


class OneTenantWords(TenantWords):
    counts = serializers.SerializerMethodField(help_text="Rows of each kind in its schema, and their bytes.")

    class Meta(TenantWords.Meta):
        fields = [*TenantWords.Meta.fields, "counts"]

    def get_counts(self, tenant: Tenant) -> dict[str, int]:
        return leaving.summary(tenant)


class TenantPage(serializers.Serializer):
    data = TenantWords(many=True)  # type: ignore[assignment]  # a field, not the property
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class ReceiptWords(serializers.ModelSerializer):
    """What is left of a deleted tenant."""

    class Meta:
        model = Receipt
        fields = ["id", "slug", "opened_at", "asked_by", "counts", "begun_at", "finished_at"]
        read_only_fields = fields


class ReceiptPage(serializers.Serializer):
    data = ReceiptWords(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)
    has_more = serializers.BooleanField()


class Tenants(PlatformView):
    @extend_schema(
        tags=["tenants"], operation_id="create_tenant", summary="Open a tenant",
        request=NewTenant, responses={201: TenantWords}, examples=[ACME],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        heard = hear(NewTenant, request.data)
        tenant = onboarding.open_tenant(heard["slug"], heard.get("name") or heard["slug"], heard["domain"])
        return Response(TenantWords(tenant).data, 201, headers={"Location": f"/api/v1/tenants/{tenant.pk}"})

    @extend_schema(
        tags=["tenants"], operation_id="list_tenants", summary="List tenants, newest first",
        parameters=[Listed], responses=TenantPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return _listed(request, Tenant.objects.all(), TenantWords)


class Receipts(PlatformView):
    @extend_schema(
        tags=["tenants"], operation_id="list_tenant_receipts", summary="What is left of deleted tenants",
        parameters=[Listed], responses=ReceiptPage,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return _listed(request, Receipt.objects.all(), ReceiptWords)


class OneTenant(PlatformView):
    @extend_schema(
        tags=["tenants"], operation_id="get_tenant", summary="A tenant, with what it has", responses=OneTenantWords
    )
    def get(self, request: Request, tenant_id: UUID) -> Response:
        return Response(OneTenantWords(_one(tenant_id)).data)

    @extend_schema(
        tags=["tenants"], operation_id="name_tenant", summary="Give a tenant another name",
        request=Named, responses=TenantWords,
    )  # fmt: skip
    def patch(self, request: Request, tenant_id: UUID) -> Response:
        return Response(TenantWords(onboarding.rename(_one(tenant_id), hear(Named, request.data)["name"])).data)

    @extend_schema(
        tags=["tenants"], operation_id="delete_tenant", summary="Close a tenant and delete it after its grace",
        request=Typed, responses={202: OneTenantWords}, examples=[TYPED],
    )  # fmt: skip
    def delete(self, request: Request, tenant_id: UUID) -> Response:
        slug = hear(Typed, request.data)["slug"]
        return Response(OneTenantWords(lifecycle.ask_deletion(_one(tenant_id).pk, slug)).data, 202)


class Suspend(PlatformView):
    @extend_schema(
        tags=["tenants"], operation_id="suspend_tenant", summary="Close a tenant",
        request=Reason, responses=TenantWords, examples=[UNPAID],
    )  # fmt: skip
    def post(self, request: Request, tenant_id: UUID) -> Response:
        reason = hear(Reason, request.data)["reason"]
        return Response(TenantWords(lifecycle.suspend(_one(tenant_id).pk, reason)).data)


def _step(name: str, summary: str, take: Callable[[UUID], Tenant]) -> type[PlatformView]:
    """A step without a body."""

    @extend_schema(
        tags=["tenants"], operation_id=f"{name}_tenant", summary=summary, request=Nothing, responses=TenantWords
    )
    def post(self: PlatformView, request: Request, tenant_id: UUID) -> Response:
        hear(Nothing, request.data)
        return Response(TenantWords(take(_one(tenant_id).pk)).data)

    return type(name.title(), (PlatformView,), {"post": post})


Resume = _step("resume", "Open a suspended tenant again", lifecycle.resume)
Restore = _step("restore", "Take the wish to delete a tenant back", lifecycle.restore)


class Export(PlatformView):
    @extend_schema(
        tags=["tenants"], operation_id="export_tenant", summary="The whole tenant as one archive",
        responses={(200, "application/x-tar"): OpenApiTypes.BINARY},
    )  # fmt: skip
    def get(self, request: Request, tenant_id: UUID) -> StreamingHttpResponse:
        tenant = _one(tenant_id)
        speaker = Speaker(tenant=tenant, actor=self.speaker.actor, scopes=frozenset({"read"}))
        return streamed(request._request, speaker, moving.first(tenant), moving.after, "tar", f"{tenant.slug}.tar")


def _one(tenant_id: UUID) -> Tenant:
    tenant = Tenant.objects.filter(pk=tenant_id).first()
    if tenant is None:
        raise NotFound
    return tenant


def _listed(request: Request, rows: Any, words: type[serializers.Serializer]) -> Response:
    asked = hear(Listed, request.query_params)
    found, rest = page(rows, asked.get("cursor", ""), asked["limit"])
    return Response({"data": words(found, many=True).data, **rest})
