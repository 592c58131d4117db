"""How many statements an answer of many things takes: the same for a few as for more of them."""

import json
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from memory import reviews
from memory.models import Memory, Session
from memory.relations import relate
from memory.remember import remember_many
from memory.sessions import open_session
from memory.types import Draft, Scope, SessionDraft
from tenants import keys
from tenants.models import Tenant
from tests.conftest import costs, statements
from tests.dialects.speaking import Dialect
from tests.dialects.test_doors import call
from tests.isolation.test_sweep import whole

HERS = {"user_id": "ada"}
TEA = {"query": "tea", **HERS}
IDS = "$ids"  # in a body: the messages that there are
# What is asked, with which body, and how many statements it takes.
ASKED: dict[str, list[tuple[str, Any, int]]] = {
    "hippocampai": [
        ("POST v1/memories:get", HERS, 2),
        ("POST v1/memories/query", HERS, 2),
        ("POST v1/memories:recall", TEA | {"k": 50}, 4),
        ("POST v1/memories/batch/get", {"memory_ids": IDS}, 2),
        ("POST v1/monitoring/access-patterns", HERS, 2),
        ("POST v1/observability/explain", TEA | {"k": 50}, 4),
        ("POST v1/context:assemble", TEA, 4),
        ("GET v1/memories/analytics?user_id=ada", None, 4),
        ("GET v1/monitoring/events", None, 2),
        ("GET api/sessions/list?user_id=ada&include_deleted=true", None, 5),
        ("GET api/sessions/deleted/list", None, 3),
        ("GET api/consolidation/runs", None, 2),
        ("GET api/v1/users/ada/tasks", None, 2),
        ("GET api/v1/tasks/scheduled", None, 2),
        ("GET api/v1/tasks/inspect/stats", None, 4),
        ("GET api/dashboard/recent-activity?user_id=ada", None, 3),
    ],
    "inmemory": [
        ("GET v1/memories?user_id=ada", None, 3),
        ("POST v1/search", TEA, 4),
        ("POST v1/memories/temporal-search", {"temporal_query": "today", **HERS}, 3),
        ("POST v1/memories/tag-search", {"tags": ["tea"], **HERS}, 3),
        ("POST v1/memories/people-search", {"people": ["Ben"], **HERS}, 3),
        ("DELETE v1/memories?user_id=ada", None, 8),
    ],
    "memory_layer": [
        ("GET v1/conversations", None, 2),
        ("GET v1/conversations/talk", None, 3),
        ("GET v1/memory/search?tenant_id=acme&query=tea&top_k=8", None, 4),
        ("GET v1/admin/retention/rules", None, 2),
        ("POST v1/messages/batch/delete", {"tenant_id": "acme", "message_ids": IDS}, 9),
    ],
    "persistence": [
        ("POST api/memory/query", {}, 4),
        ("POST api/memory/search/similarity", {"embeddings": [1, 2, 3], "domain": "legal"}, 5),
        ("GET api/memory/aggregations", None, 5),
        ("POST api/learning/history", {}, 3),
        ("GET api/learning/patterns/legal?minFrequency=1", None, 3),
        ("GET api/analytics/insights", None, 3),
    ],
}


def plant(key: str, names: str) -> None:
    """As many of everything as there are letters."""
    said = [Draft(f"Tea {name * 9} is black.", Scope(user_id="ada", session_id=name), tags=("tea",), people=("Ben",))
            for name in names]  # fmt: skip
    first = str(remember_many(said, wait=True)[0].id)
    hippocampai, layer, persistence = (Dialect(name, key) for name in ("hippocampai", "memory_layer", "persistence"))
    for name in names:
        message = {"conversation_id": "talk", "role": "user", "content": f"Of tea and {name * 9}."}
        rule = {"name": name, "kind": "age", "action": "archive", "max_age_days": 900}
        entry = {"serviceId": "s", "agentId": "a", "domain": "legal", "metadata": {}}
        open_session(SessionDraft(Scope(user_id="ada", session_id=f"over {name}")))
        related = {"embeddings": [1, 2, 3], "relationships": {"relatedMemories": [first]}}
        policy = {"user_id": name, "policy_type": "schedule", "decay_schedule": {"cron_expression": "0 2 * * *"}}
        for answer in (
            layer.post("v1/messages", message | {"tenant_id": "acme"}),
            layer.post("v1/admin/retention/rules", rule | {"tenant_id": "acme"}),
            persistence.post("api/memory", entry | related | {"memoryType": "semantic", "content": {"x": name * 9}}),
            persistence.post("api/learning/events", entry | {"eventType": "feedback", "input": {"data": {name: 1}}}),
            hippocampai.post(f"users/{name}/policy", policy),
            hippocampai.post("v1/background/consolidate/trigger?user_id=ada", {}),
            hippocampai.post("api/v1/users/ada/tasks", {"task_type": "decay"}),
            hippocampai.post("api/sessions/soft-delete", {"session_id": f"over {name}", "admin_user_id": "root"}),
        ):
            assert answer[0] < 300, answer


@pytest.mark.parametrize("name", ASKED)
def test_more_things_take_no_more_statements(name: str, in_acme: Tenant) -> None:
    key = keys.issue(in_acme, "ada")[1]
    for names in ("ab", "cdefg"):
        plant(key, names)
        ids = [str(found) for found in Memory.objects.filter(kind="message").values_list("pk", flat=True)]
        for operation, asked, count in ASKED[name]:
            method, path = operation.split(" ")
            body = {field: ids if value == IDS else value for field, value in (asked or {}).items()}
            with transaction.atomic():
                sent = None if asked is None else json.dumps(body).encode()
                with costs(count):
                    answer = Dialect(name, key).raw(method, path, sent)
                transaction.set_rollback(True)
            assert answer.status_code == 200, (operation, answer.content)


def plant_more(tenant: Tenant, names: str) -> None:
    """What a dialect tells of and does not make: relations, people, keys, reviews."""
    said = [Draft(f"{name} is about {name * 5}.", Scope(user_id="ada", session_id="talk"), tags=(name,), topic=name,
                  people=("Ben", name), kind="fact") for name in names]  # fmt: skip
    rows = [kept.id for kept in remember_many(said, wait=True)]
    first = Memory.objects.filter(people__contains=["Ben"], kind="fact").earliest("id").pk
    for name, row in zip(names, rows, strict=True):
        keys.issue(tenant, name)
        if row != first:
            relate(row, first, "supports")
            relate(first, row, "derived_from")
            reviews.propose(
                {"kind": "duplicate", "first": str(first), "second": str(row), "score": 0.9, "reason": name}
            )


def things(tenant: Tenant) -> dict[str, Any]:
    """The one that the most hangs on of each kind; of other kinds there is none."""
    told: dict[str, Any] = {"user": "ada", "agent": "a", "talk": "talk", "namespace": "default", "tag": "tea"}
    told |= {"person": "Ben", "tenant": str(tenant.pk), "session": Session.objects.earliest("id").pk, "number": 1}
    memory = Memory.objects.filter(people__contains=["Ben"], kind="fact").earliest("id")
    told |= {"memory": memory.pk, "message": Memory.objects.filter(kind="message").earliest("id").pk}
    return told | {name: uuid4() for name in ("nobody", "run", "key", "policy", "review", "webhook", "event")}


def spent(tenant: Tenant, key: str) -> dict[str, int]:
    """How many statements each GET of each dialect takes, asked a second time."""
    operator = keys.issue(None, "operator", ["platform"])[1]
    speakers = {"caller": Dialect("", key), "operator": Dialect("", operator)}
    world, own = type("World", (), speakers)(), things(tenant)
    found = {}
    for name in settings.DIALECTS:
        for operation in import_module(f"tests.dialects.recipes.{name}").OPS:
            if operation.startswith("GET "):
                call(name, operation, world, own)  # what a process keeps is read once
                with CaptureQueriesContext(connection) as captured:
                    answer = call(name, operation, world, own)
                    whole(answer)
                assert answer.status_code < 500, operation
                found[f"{name} {operation}"] = len(statements(captured))
    return found


def test_no_read_takes_more_statements_for_fifteen_things_than_for_five(in_acme: Tenant) -> None:
    key = keys.issue(in_acme, "ada")[1]
    counts = []
    for names in ("abcde", "fghijklmno"):
        plant(key, names)
        plant_more(in_acme, names)
        counts.append(spent(in_acme, key))
    few, many = counts
    assert {operation: (few[operation], count) for operation, count in many.items() if count > few[operation]} == {}
