"""Roles, scopes and operations: each cell of the table, as the API and the console answer it."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern

from api.auth import operation_of
from api.native import urls
from config.pages import urls as pages
from tenants import keys, roles, tokens
from tenants.models import Login, Membership, Tenant, User
from tests.conftest import Caller

ROOT = Path(__file__).resolve().parents[2]
METHODS = ("get", "post", "put", "patch", "delete")
ID = uuid.UUID("01890000-0000-7000-8000-000000000000")
VALUES = {"uuid": str(ID), "str": "user", "path": "nobody", "int": "1", "slug": "nobody"}


def views(patterns: Any = urls.urlpatterns) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        route = str(pattern.pattern)
        if not route.endswith("/"):
            yield route, pattern


def calls() -> Iterator[tuple[str, str, str]]:
    """Each method of each native route: method, path, operation."""
    for route, pattern in views():
        if not pattern.callback.view_class.permission_classes:
            continue
        view: Any = pattern.callback.view_class(**pattern.callback.view_initkwargs)
        if hasattr(view, "direction") and view.direction:
            operations = {method.upper(): f"{view.direction}s.run" for method in METHODS}
        else:
            operations = {method.upper(): operation_of(view, method.upper()) for method in METHODS}
        path = "/".join(VALUES[part[1:].split(":")[0]] if part.startswith("<") else part for part in route.split("/"))
        for method in METHODS:
            if hasattr(view, method):
                yield method.upper(), path, operations[method.upper()]


CALLS = [pytest.param(*call, id=f"{call[0]} {call[1].replace(str(ID), 'id')}") for call in calls()]
PAGES: list[Any] = [pytest.param(pattern, id=str(pattern.pattern)) for pattern in pages.urlpatterns]


def test_the_page_in_the_docs_is_the_table() -> None:
    assert (ROOT / "docs" / "roles.md").read_text() == roles.page(), "run `python manage.py roles`"


@pytest.mark.parametrize(("method", "path", "operation"), CALLS)
def test_each_route_asks_for_a_known_operation(method: str, path: str, operation: str) -> None:
    assert operation in roles.OPERATIONS


def test_no_view_speaks_of_scopes() -> None:
    assert [route for route, pattern in views() if hasattr(pattern.callback.view_class, "scopes")] == []


@pytest.mark.parametrize(("method", "path", "operation"), CALLS)
def test_a_key_does_what_its_scope_may_and_nothing_else(acme: Tenant, method: str, path: str, operation: str) -> None:
    for scope in ("read", "write", "admin", "platform"):
        key = Caller(keys.issue(None if scope == "platform" else acme, scope, [scope])[1])
        allowed = scope == "platform" or roles.OPERATIONS[operation].scope in (scope, "any")
        assert (key.raw(method, path, b"{}", X_Tenant_ID="acme").status_code != 403) == allowed, scope


def test_only_tokens_are_given_without_a_credential() -> None:
    open_to_all = {route for route, pattern in views() if not pattern.callback.view_class.permission_classes}
    assert open_to_all == {"tokens", "tokens/refresh", "tokens/revoke"}


@pytest.fixture
def people(acme: Tenant) -> dict[str, Caller]:
    """A person of each role, with an access token."""
    callers = {}
    for role in roles.ROLES:
        user = User.objects.create_user(f"{role}@example.org", is_superuser=role == "platform")
        if role != "platform":
            Membership.objects.create(user=user, tenant=acme, role=role)
        login = Login(user=user, tenant=None if role == "platform" else acme)
        callers[role] = Caller(tokens.opened(login)["access"])
    return callers


@pytest.mark.parametrize(("method", "path", "operation"), CALLS)
def test_a_person_does_what_the_role_may_and_nothing_else(
    people: dict[str, Caller], method: str, path: str, operation: str
) -> None:
    for role, caller in people.items():
        answer = caller.raw(method, path, b"{}", X_Tenant_ID="acme")
        assert (answer.status_code != 403) == roles.role_may(role, operation), (role, answer.status_code)
        assert answer.status_code != 401


@pytest.mark.parametrize("role", roles.ROLES)
@pytest.mark.parametrize("operation", roles.OPERATIONS)
def test_a_role_may_what_the_table_says(role: str, operation: str) -> None:
    assert roles.role_may(role, operation) == (role in roles.OPERATIONS[operation].roles)


def test_what_is_not_in_the_table_nobody_may() -> None:
    assert not any(roles.role_may(role, "tea.drink") for role in roles.ROLES)
    assert not roles.scopes_may(roles.SCOPES, "tea.drink")
    assert not any(roles.role_may("", operation) for operation in roles.OPERATIONS)


OF_THE_PLATFORM = ("selftests",)  # pages that no tenant has


def person(tenant: Tenant, role: str) -> Client:
    client = Client(raise_request_exception=False)
    if role == "platform":
        client.force_login(User.objects.create_superuser("operator@example.org"))
        return client
    user = User.objects.create_user(f"{role}@example.org", is_staff=True)
    Membership.objects.create(user=user, tenant=tenant, role=role)
    client.force_login(user)
    return client


@pytest.mark.parametrize("role", roles.ROLES)
@pytest.mark.parametrize("pattern", PAGES)
def test_a_console_page_opens_to_the_roles_of_its_operation(acme: Tenant, pattern: Any, role: str) -> None:
    client = person(acme, role)
    url = ("/console/" if pattern.name in OF_THE_PLATFORM else "/t/acme/console/") + _filled(pattern)
    for method, operation in pattern.callback.operations.items():
        assert operation in roles.OPERATIONS
        if _narrower(pattern.name, method):
            continue
        answer = client.generic(method, url)
        assert (answer.status_code != 403) == roles.role_may(role, operation), (method, answer.status_code)


def _narrower(name: str, method: str) -> bool:
    """Cancelling an import asks for another operation than cancelling an export: it is tested with the transfers."""
    return name == "transfers_cancel" and method != "POST"


def _filled(pattern: URLPattern) -> str:
    parts = str(pattern.pattern).split("/")
    return "/".join(VALUES[part[1:].split(":")[0]] if part.startswith("<") else part for part in parts)


@pytest.mark.parametrize("role", roles.ROLES)
@pytest.mark.parametrize("model", sorted(admin.site._registry, key=lambda model: model._meta.label), ids=str)
def test_a_console_list_opens_to_the_roles_of_its_operation(acme: Tenant, model: Any, role: str) -> None:
    client = person(acme, role)
    told = admin.site._registry[model].operations
    for verb, end in (("view", ""), ("add", "add/")):
        answer = client.get(f"/t/acme/console/{model._meta.app_label}/{model._meta.model_name}/{end}")
        allowed = verb in told and roles.role_may(role, told[verb])
        assert answer.status_code == (200 if allowed else 403), (verb, told)


def test_every_model_of_the_console_asks_the_table() -> None:
    for model, registered in admin.site._registry.items():
        assert set(registered.operations.values()) <= set(roles.OPERATIONS), model
