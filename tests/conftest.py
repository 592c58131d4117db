"""Two tenants, and callers in them. Rows of a test are rolled back; `committed` is for what needs real commits."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, setup_databases, teardown_databases
from django_tenants.utils import tenant_context
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from analytics import noting
from tenants import keys, onboarding
from tenants.models import Tenant

SLUGS = ("acme", "globex")
# How long an example takes says how busy the machine is.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


# What one of several processes gets whole, beside each file: what starts houses, for two at once would fight for the
# cores, and the real clients, who speak to one house.
WHOLE = {"journeys": "houses", "ops": "houses", "clients": "clients"}


def whole(nodeid: str) -> str:
    """What a test goes together with: the folders of WHOLE, or its file."""
    file = nodeid.partition("::")[0]
    return WHOLE.get(Path(file).parent.name, file)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no process waits for another in the end."""
    items.sort(key=lambda item: whole(item.nodeid) not in WHOLE.values())


class Sharing(LoadScopeScheduling):
    """pytest-xdist 3.8 names groups by an attribute that pytest 9.2 does not read: they are named here."""

    def _split_scope(self, nodeid: str) -> str:
        return whole(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Sharing:
    return Sharing(config, log)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """The test database with both tenants' schemas, which no test's rollback takes away."""
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False)
        for slug in SLUGS:
            onboarding.open_tenant(slug, slug.title())
        _forget()
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, verbosity=0)


def _forget() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE events_event, events_stream, events_anchor, events_webhook, tenants_usage, tenants_stock,"
            " tenants_apikey, tenants_keptreply, tenants_user, automation_policy, automation_taskrun,"
            " automation_watch, automation_pause CASCADE"
        )
        cursor.execute("UPDATE tenants_tenant SET state = 'active', reason = '', delete_after = NULL")
        for slug in SLUGS:
            tables = (
                "memory_memory",
                "memory_session",
                "memory_tally",
                "memory_transfer",
                "memory_hold",
                "memory_rule",
                "memory_erasure",
                "memory_question",
                "memory_report",
                "memory_evaluation",
                "memory_step",
                "sync_service",
                "sync_message",
                "analytics_learningevent",
                "analytics_trackedevent",
                "analytics_count",
                "analytics_progress",
                "analytics_dirtyhour",
                "analytics_insight",
                "analytics_suggestion",
                "analytics_trace",
            )
            cursor.execute(f"TRUNCATE {', '.join(f't_{slug}.{table}' for table in tables)} CASCADE")


@pytest.fixture
def noted(settings: Any) -> Iterator[Callable[[], None]]:
    """Calls are noted, and written when the test calls this: by its own connection, so within its transaction."""
    noting.forget()
    settings.NOTING = True
    settings.TRACE_SHARE = 1.0
    yield noting.settle
    noting.forget()


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Real commits, seen by other threads and connections; everything is forgotten afterwards."""
    with django_db_blocker.unblock():
        yield
        connection.set_schema_to_public()
        _forget()


@pytest.fixture
def acme(request: pytest.FixtureRequest) -> Tenant:
    return _tenant(request, "acme")


@pytest.fixture
def globex(request: pytest.FixtureRequest) -> Tenant:
    return _tenant(request, "globex")


def _tenant(request: pytest.FixtureRequest, slug: str) -> Tenant:
    if "committed" not in request.fixturenames:
        request.getfixturevalue("db")
    return Tenant.objects.get(slug=slug)


@pytest.fixture
def in_acme(acme: Tenant) -> Iterator[Tenant]:
    with tenant_context(acme):
        yield acme


def statements(captured: CaptureQueriesContext) -> list[str]:
    told = [query["sql"] for query in captured.captured_queries]
    seldom = ("tenants_domain", 'FROM "tenants_plan"')
    return [sql for sql in told if not sql.startswith("SET search_path") and not any(name in sql for name in seldom)]


@contextmanager
def costs(queries: int) -> Iterator[None]:
    """Exactly so many statements, without the search path before each and the domains and plans read every five seconds."""
    with CaptureQueriesContext(connection) as captured:
        yield
    done = statements(captured)
    assert len(done) == queries, "\n".join(sql[:150] for sql in done)


class Caller:
    """A program with a key: `caller.post("memories", {...})` answers (status, body)."""

    def __init__(self, key: str, prefix: str = "") -> None:
        self.client = Client(raise_request_exception=False)
        self.key, self.prefix = key, prefix

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        answer = self.raw(method, path, None if body is None else json.dumps(body).encode(), **headers)
        return answer.status_code, answer.json() if answer.content else None

    def raw(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Any:
        sent = {"Authorization": f"Bearer {self.key}"} | {name.replace("_", "-"): v for name, v in headers.items()}
        content_type = sent.pop("Content-Type", "application/json")
        url = f"{self.prefix}/api/v1/{path}"
        return self.client.generic(method, url, body or b"", content_type=content_type, headers=sent)

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any) -> tuple[int, Any]:
        return self.call("PATCH", path, body)

    def delete(self, path: str, **headers: str) -> tuple[int, Any]:
        return self.call("DELETE", path, **headers)

    def remember(self, content: str, **fields: Any) -> str:
        status, body = self.post("memories", {"content": content, **fields})
        assert status in (200, 201), body
        return body["data"][0]["id"]

    def search(self, query: str, **fields: Any) -> list[dict[str, Any]]:
        status, body = self.post("memories/search", {"query": query, **fields})
        assert status == 200, body
        return body["data"]


@pytest.fixture
def caller() -> Callable[..., Caller]:
    return Caller


@pytest.fixture
def ada(acme: Tenant) -> Caller:
    """A caller in acme."""
    return Caller(keys.issue(acme, "ada")[1])


@pytest.fixture
def ben(globex: Tenant) -> Caller:
    """A caller in globex."""
    return Caller(keys.issue(globex, "ben")[1])
