"""/api/v1/tickets: how a browser app, which cannot send headers with a socket, opens one without a token in the URL."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.native.base import StrictSerializer, TenantView, hear
from tenants import tickets

A_TICKET = OpenApiExample(
    "a ticket", {"ticket": "eyJ0ZW5hbnQiOi…", "expires_in": tickets.LIVES_FOR}, response_only=True
)


class NoWords(StrictSerializer):
    """Nothing is asked."""


class TicketWords(serializers.Serializer):
    ticket = serializers.CharField(help_text="Good once, for `auth` or as the second Sec-WebSocket-Protocol.")
    expires_in = serializers.IntegerField(help_text="Seconds.")


class Tickets(TenantView):
    operations = {"POST": "events.read"}
    reply_is_secret = True

    @extend_schema(
        tags=["events"], operation_id="get_ticket", summary="Get a single-use ticket for the WebSocket",
        description="It stands for the caller, in the caller's tenant and with its rights, until it is used or over.",
        request=NoWords, responses={201: TicketWords}, examples=[A_TICKET],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        hear(NoWords, request.data)
        told: dict[str, Any] = {"ticket": tickets.issue_to(self.speaker), "expires_in": tickets.LIVES_FOR}
        return Response(told, 201, headers={"Cache-Control": "no-store"})
