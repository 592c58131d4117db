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
        credential = credential_of(request)
        if not credential:
            return None
        headers = request.headers
        return Caller(), self.speaker(request, credential, headers.get("X-Tenant-ID", ""))

    def speaker(self, request: Request, credential: str, named: str) -> Speaker:
        """Who speaks, where `named` is the tenant that its headers name. Raises what tenants.resolve raises."""
        headers = request.headers
        told = [name for name in (getattr(request, "named_tenant", ""), named) if name]
        return resolve(credential, named=told, host=headers.get("Host", "").rsplit(":", 1)[0])

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class Caller:
    """What DRF calls the user: a program that was recognised."""

    is_authenticated = True
    is_staff = False
    pk = None


def credential_of(request: Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() in SCHEMES:
        return token.strip()
    return request.headers.get("X-API-Key", "").strip()


def operation_of(view: Any, method: str | None) -> str:
    """What a method of a view does, by its `operations`; unless it says, it reads or writes memories."""
    reads = method in ("GET", "HEAD", "OPTIONS")
    told: dict[str, str] = getattr(view, "operations", {})
    usual = told.get("GET", "memories.read") if reads else "memories.write"
    return told.get(method or "", usual)


class MayDo(BasePermission):
    """The caller may do the operation of the view, by the table of tenants.roles."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.auth, Speaker) and request.auth.may(operation_of(view, request.method))


class ConsoleAuthentication(SessionAuthentication):
    """A person signed in to the console: for reading the docs, nothing else."""


class MayReadDocs(BasePermission):
    """The API's documentation: open by setting, else for those who are signed in or hold a key."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if settings.DOCS_PUBLIC or isinstance(request.auth, Speaker):
            return True
        return isinstance(request.user, User) and IsAuthenticated().has_permission(request, view)
