"""Recognising the caller of an API view, by `tenants.resolve`."""

from typing import Any

from django.conf import settings
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request

from tenants.models import User
from tenants.resolve import Speaker, resolve

SCHEMES = ("bearer", "token")


class CredentialAuthentication(BaseAuthentication):
    """An API key in `Authorization: Bearer`, `Authorization: Token` or `X-API-Key`; `request.auth` is the Speaker."""

    def authenticate(self, request: Request) -> tuple[Any, Speaker] | None:
        credential = _credential(request)
        if not credential:
            return None
        headers = request.headers
        named = [name for name in (getattr(request, "named_tenant", ""), headers.get("X-Tenant-ID", "")) if name]
        speaker = resolve(credential, named=named, host=headers.get("Host", "").rsplit(":", 1)[0])
        return Caller(), speaker

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class Caller:
    """What DRF calls the user: a program that was recognised."""

    is_authenticated = True
    is_staff = False
    pk = None


def _credential(request: Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() in SCHEMES:
        return token.strip()
    return request.headers.get("X-API-Key", "").strip()


class HasScope(BasePermission):
    """Reading needs `read`, anything else `write`; a view that differs says so in `scopes`, by method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, Speaker):
            return False
        usual = "read" if request.method in ("GET", "HEAD", "OPTIONS") else "write"
        return getattr(view, "scopes", {}).get(request.method, usual) in request.auth.scopes


class ConsoleAuthentication(SessionAuthentication):
    """A person signed in to the console: for reading the docs, nothing else."""


class MayReadDocs(BasePermission):
    """The API's documentation: open by setting, else for those who are signed in or hold a key."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if settings.DOCS_PUBLIC or isinstance(request.auth, Speaker):
            return True
        return isinstance(request.user, User) and IsAuthenticated().has_permission(request, view)
