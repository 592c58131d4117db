"""/api/v1/tokens: access and refresh tokens for an API key, or for a person's e-mail address and password."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.native.base import StrictSerializer, hear
from tenants import tokens

OF_A_KEY = OpenApiExample("for a key", {"api_key": "im_…"}, request_only=True)
OF_A_PERSON = OpenApiExample(
    "for a person", {"email": "ada@example.org", "password": "…", "tenant": "acme"}, request_only=True
)


class Secret(serializers.CharField):
    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)


class LoginWords(StrictSerializer):
    """`api_key`, or `email` and `password`."""

    api_key = Secret(max_length=200, required=False)
    email = serializers.CharField(max_length=254, required=False)
    password = Secret(max_length=200, required=False)
    tenant = serializers.CharField(
        max_length=50, required=False, help_text="Slug or id; needed by who is a member of several."
    )

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        of_person = [name for name in ("email", "password", "tenant") if name in told]
        if "api_key" in told and of_person:
            raise ValidationError({of_person[0]: "does not go with `api_key`"})
        for name in () if "api_key" in told else ("email", "password"):
            if name not in told:
                raise ValidationError({name: "is needed, unless there is an `api_key`"})
        return told


class TokenWords(StrictSerializer):
    token = Secret(max_length=4000, help_text="A refresh token.")


class Tokens(serializers.Serializer):
    access = serializers.CharField(help_text="Send it as `Authorization: Bearer`.")
    refresh = serializers.CharField(help_text="Good for one renewal.")
    expires_in = serializers.IntegerField(help_text="Seconds that `access` is good for.")


class TokenView(APIView):
    """A view without a credential: what it is given is one."""

    authentication_classes = ()
    permission_classes = ()


def _told(pair: dict[str, Any]) -> Response:
    return Response(pair, 201, headers={"Cache-Control": "no-store"})


class OpenTokens(TokenView):
    @extend_schema(
        tags=["tokens"], operation_id="open_tokens", summary="Get tokens", auth=[],
        description="In place of the API key, or of the password.",
        request=LoginWords, responses={201: Tokens}, examples=[OF_A_KEY, OF_A_PERSON],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        told = hear(LoginWords, request.data)
        if "api_key" in told:
            return _told(tokens.open_for_key(told["api_key"]))
        named = told.get("tenant", "")
        return _told(tokens.open_for_person(request._request, told["email"], told["password"], named))


class RefreshTokens(TokenView):
    @extend_schema(
        tags=["tokens"], operation_id="refresh_tokens", summary="Renew tokens", auth=[],
        description="The refresh token is used up. One that comes a second time closes the login: both are refused.",
        request=TokenWords, responses={201: Tokens},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        return _told(tokens.refresh(hear(TokenWords, request.data)["token"]))


class RevokeTokens(TokenView):
    @extend_schema(
        tags=["tokens"], operation_id="revoke_tokens", summary="End a login, all its tokens and open sockets", auth=[],
        description="By its refresh token or its access token.", request=TokenWords, responses={204: None},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        tokens.close(hear(TokenWords, request.data)["token"])
        return Response(status=204)
