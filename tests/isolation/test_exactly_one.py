"""Each change of state is told once: every operation of the API and every act of the console, called one by one.

A new operation tells exactly one fact, or says in TOLD what it tells, or in LOOKS that it changes nothing.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django_tenants.utils import tenant_context

from events.models import Event
from memory.upkeep import reembed
from tenants import keys
from tenants.models import Tenant, User
from tests.conftest import _forget
from tests.isolation.test_sweep import OPERATIONS, call
from tests.isolation.worlds import World

FP32 = "all-MiniLM-L6-v2/fp32"
SAID = ("takes tea", "Said in the sweep", "mine now", "Tea?", "Hello.", "has a cat", "hello")

# What is asked by POST and changes nothing, and steps that the recipe calls where they are refused.
LOOKS = {
    "POST memories/list", "POST memories/search", "POST memories/stream", "POST context",
    "POST memories/delete",  # the count, before it is confirmed: see ACTS
    "DELETE entities/{type}/{name}",  # likewise
    "POST exports/{transfer_id}/cancel", "POST imports/{transfer_id}/cancel",  # of what is over: see ACTS
    "POST embeddings/reembed", "POST embeddings/switch", "POST embeddings/rollback", "POST embeddings/finish",
    "POST embeddings/cancel",  # while nothing is under way: see ACTS
    "POST runs/{run_id}/cancel", "POST runs/{run_id}/retry", "POST runs/{run_id}/undo",  # of what is over and did nothing
    "POST tasks/{task_id}/cancel",  # likewise
    "DELETE users/{user_id}/policy",  # of a user without one
    "POST memories/{memory_id}/warm",  # of what is not cold: see ACTS
    "POST tickets",  # which are no rows
    "POST tokens", "POST tokens/refresh", "POST tokens/revoke",  # with what opens nothing: see below
    "POST erasures", "POST erasures/find", "POST erasures/verify",  # how much, where, and whether: see ACTS
    "POST erasures/{erasure_id}/lift",  # of one that is not there
    "POST policies/simulate",  # which writes nothing, ever
    "POST selftests",  # which only the platform may
    "POST traces/{trace_id}/replay",  # which is noted nowhere
    "POST tenants", "PATCH tenants/{tenant_id}", "DELETE tenants/{tenant_id}", "POST tenants/{tenant_id}/suspend",
    "POST tenants/{tenant_id}/resume", "POST tenants/{tenant_id}/restore",  # likewise
    "POST reviews/{review_id}/undo",  # of what is open: see ACTS
    "POST sessions/{session_key}/reopen",  # of what is open: see ACTS
    "POST policies/{policy_id}/run",  # of a policy that names no job: a run has a fact for each, see tests/api
    "POST sync/messages/waiting",  # of a service that is known; handing over is no fact
    "POST sync/messages/{message_id}/requeue",  # of what was not given up: see tests/events/test_sync.py
    "POST memories/{memory_id}/unpin",  # of what is not pinned: see ACTS
    "POST webhooks/{webhook_id}/pause",  # of what is paused: see ACTS
    "POST webhooks/{webhook_id}/replay", "POST webhooks/deliveries/{delivery_id}/replay",  # of what waits: see tests/api
    "POST analytics/query",  # a look
    "POST suggestions/look", "POST suggestions/{suggestion_id}/simulate",  # of what is suggested already; and a look
}  # fmt: skip
# What tells something else than one fact.
TOLD = {
    "POST memories/{memory_id}/supersede": {"memory.created": 1, "memory.superseded": 1, "relation.created": 1},
    "POST reviews/{review_id}/decide": {
        "review.decided": 1, "memory.superseded": 1, "relation.created": 1,
    },
    "POST turns": {"memory.created": 1},
    "POST feedback": {"learning.recorded": 1, "question.saved": 1},
    "POST runs": {"run.queued": 1, "run.succeeded": 1},  # of all jobs that are switched on, which are none
    "POST forget": {"run.queued": 1, "run.started": 1, "run.succeeded": 1},  # a dry run, over at once
    "POST consolidate": {"run.queued": 1, "run.started": 1, "run.succeeded": 1},
    "POST keys/{key_id}/rotate": {"key.issued": 1, "key.rotated": 1},
    "DELETE sessions/{session_key}": {"session.deleted": 1, "memory.deleted": 2},
    "POST suggestions/{suggestion_id}/accept": {"suggestion.accepted": 1, "policy.created": 1},
}  # fmt: skip
Act = Callable[[World], Any]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock():
        yield World(Tenant.objects.get(slug="acme"))
        _forget()


@pytest.fixture(autouse=True)
def taken_back(world: World) -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def facts(act: Callable[[], Any]) -> tuple[Any, list[Event]]:
    """What an act answers, and the facts that it told."""
    before = set(Event.objects.values_list("pk", flat=True))
    answer = act()
    return answer, list(Event.objects.exclude(pk__in=before).order_by("id"))


def thin(told: list[Event]) -> bool:
    return not any(word in str(vars(event)) for event in told for word in SAID)


def post(world: World, path: str, body: Any = None) -> Any:
    status, told = world.caller.post(path, body)
    assert status < 300, told
    return told


CHANGES = [operation for operation in OPERATIONS if not operation.startswith("GET ")]


@pytest.mark.parametrize("operation", CHANGES)
def test_an_operation_tells_exactly_one_fact_or_what_is_said_of_it(world: World, operation: str) -> None:
    answer, told = facts(lambda: call(operation, world))
    if operation in LOOKS:
        assert told == []
        return
    types = Counter(event.type for event in told)
    assert types == Counter(TOLD[operation]) if operation in TOLD else types.total() == 1, (answer.content, types)
    assert thin(told)
    _by_the_caller(world, answer, told)


def _by_the_caller(world: World, answer: Any, told: list[Event]) -> None:
    key = keys.find(world.caller.key)
    assert key is not None
    for event in told:
        assert (event.actor, event.key_id, event.ip) == (f"key:{key.public}", key.pk, "127.0.0.1")
        assert (event.request_id, event.person_id) == (answer["X-Request-Id"], None)


@pytest.mark.parametrize("operation", [operation for operation in OPERATIONS if operation.startswith("GET ")])
def test_looking_tells_nothing(world: World, operation: str) -> None:
    assert facts(lambda: call(operation, world))[1] == []


def _grown(world: World) -> None:
    """A change of the embedding model whose vectors are all made."""
    post(world, "embeddings/reembed", {"model": FP32})
    with tenant_context(Tenant.objects.get(pk=world.tenant.pk)):
        reembed.fill()


def _nothing(world: World) -> None:
    pass


SWITCH = {"accept_loss": True}  # the grown model answers saved questions otherwise, which is no matter here
ACTS: dict[str, tuple[Callable[[World], Any], str, dict[str, Any], dict[str, int]]] = {
    "deleting many, confirmed": (
        _nothing, "memories/delete", {"tag": "$tag", "confirm_count": 1}, {"memory.deleted": 1}),
    "undoing it": (_nothing, "memories/undelete", {"batch": "$batch"}, {"memory.restored": 1}),
    "closing a session twice": (
        lambda w: post(w, f"sessions/{w.things['session']}/close"), "sessions/{session}/close", {}, {}),
    "opening it again": (
        lambda w: post(w, f"sessions/{w.things['session']}/close"), "sessions/{session}/reopen", {},
        {"session.updated": 1}),
    "warming": (_nothing, "memories/{cold}/warm", {}, {"memory.warmed": 1}),
    "pinning twice": (lambda w: post(w, f"memories/{w.things['memory']}/pin"), "memories/{memory}/pin", {}, {}),
    "unpinning": (
        lambda w: post(w, f"memories/{w.things['memory']}/pin"), "memories/{memory}/unpin", {},
        {"memory.unpinned": 1}),
    "releasing a hold twice": (
        lambda w: post(w, f"holds/{w.things['hold']}/release"), "holds/{hold}/release", {}, {}),
    "storing the same again": (
        lambda w: post(w, "memories", {"content": "twice"}), "memories", {"content": "twice"}, {}),
    "storing two": (
        _nothing, "memories", {"memories": [{"content": "one"}, {"content": "two"}]}, {"memory.created": 2}),
    "a turn with its reply": (
        _nothing, "turns", {"message": "Tea?", "reply": "Hello.", "user_id": "$user"}, {"memory.created": 2}),
    "erasing a person": (
        _nothing, "erasures", {"type": "user", "name": "nobody", "confirm_count": 0}, {"erasure.requested": 1}),
    "changing the model": (_nothing, "embeddings/reembed", {"model": FP32}, {"embedding.reembed_started": 1}),
    "taking a decision back": (
        lambda w: post(w, f"reviews/{w.things['review']}/decide", {"decision": "dismiss"}), "reviews/{review}/undo", {},
        {"review.undone": 1}),
    "giving the change up": (
        lambda w: post(w, "embeddings/reembed", {"model": FP32}), "embeddings/cancel", {},
        {"embedding.reembed_cancelled": 1}),
    "switching": (_grown, "embeddings/switch", SWITCH, {"embedding.switched": 1}),
    "rolling back": (
        lambda w: (_grown(w), post(w, "embeddings/switch", SWITCH)), "embeddings/rollback", {},
        {"embedding.rolled_back": 1}),
    "pausing a webhook": (
        lambda w: post(w, f"webhooks/{w.things['webhook']}/enable"), "webhooks/{webhook}/pause", {},
        {"webhook.paused": 1}),
    "enabling one twice": (
        lambda w: post(w, f"webhooks/{w.things['webhook']}/enable"), "webhooks/{webhook}/enable", {}, {}),
    "finishing": (
        lambda w: (_grown(w), post(w, "embeddings/switch", SWITCH)), "embeddings/finish", {},
        {"embedding.reembed_finished": 1}),
}  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
def test_an_act_that_needs_another_before_it_tells_its_own_alone(world: World, act: str) -> None:
    before, path, body, expected = ACTS[act]
    before(world)
    body = {name: world.things[v[1:]] if str(v).startswith("$") else v for name, v in body.items()}
    answer, told = facts(lambda: world.caller.raw("POST", path.format(**world.things), json.dumps(body).encode()))
    assert answer.status_code < 300, answer.content
    assert Counter(event.type for event in told) == Counter(expected)
    assert thin(told)
    _by_the_caller(world, answer, told)


@pytest.mark.parametrize(("kind", "path"), [("exports", "exports"), ("imports", "imports")])
def test_cancelling_a_transfer_is_told_once(world: World, kind: str, path: str) -> None:
    body, form = (b"{}", "application/json") if kind == "exports" else (b"content\nx\n", "text/csv")
    begun = world.caller.raw("POST", path, body, **{"Content-Type": form}).json()["id"]
    for expected in (["transfer.cancelled"], []):
        told = facts(lambda: world.caller.raw("POST", f"{path}/{begun}/cancel"))[1]
        assert [event.type for event in told] == expected


def test_erasing_an_entity_is_told_once_and_for_each_memory(world: World) -> None:
    path = f"entities/tag/{world.things['tag']}?confirm_count=1"
    told = facts(lambda: world.caller.delete(path))[1]
    assert Counter(event.type for event in told) == {"entity.erased": 1, "memory.updated": 1}


# --- the console

FORM = {
    "content": "Said in the sweep.", "kind": "fact", "namespace": "default", "topic": "", "tags": "", "people": "",
    "author": "", "role": "", "importance": "0.5", "trust": "trusted", "confidence": "1.0", "metadata": "{}",
    "event_time_0": "2026-01-01", "event_time_1": "10:00:00", "expires_at_0": "", "expires_at_1": "",
}  # fmt: skip
CHOSEN = {"_selected_action": "$memory"}
KEY = {"name": "robot", "scopes": ["read"], "expires_at_0": "", "expires_at_1": ""}
IN_THE_CONSOLE: dict[str, tuple[str, dict[str, Any], dict[str, int]]] = {
    "a memory is stored": ("memory/memory/add/", FORM, {"memory.created": 1}),
    "a memory is changed": ("memory/memory/{memory}/change/", FORM, {"memory.updated": 1}),
    "a memory is deleted": ("memory/memory/{memory}/delete/", {"post": "yes"}, {"memory.deleted": 1}),
    "a tag is given": ("memory/memory/", {"action": "tag_chosen", "tag": "x"} | CHOSEN, {"memory.updated": 1}),
    "the chosen are deleted": (
        "memory/memory/", {"action": "delete_chosen", "confirm_count": "1"} | CHOSEN, {"memory.deleted": 1}),
    "the chosen are restored": ("memory/memory/", {"action": "restore_chosen"} | CHOSEN, {}),
    "a version comes back": ("memories/{memory}/restore/", {"version": "1"}, {"memory.updated": 1}),
    "a memory is superseded": (
        "memories/{memory}/supersede/", {"content": "mine now"},
        {"memory.created": 1, "memory.superseded": 1, "relation.created": 1}),
    "a memory is judged": ("memories/{memory}/judge/", {"verdict": "incorrect"}, {"memory.judged": 1}),
    "a memory is pinned": ("memories/{memory}/pin/", {"pinned": "1"}, {"memory.pinned": 1}),
    "what is not pinned is unpinned": ("memories/{memory}/pin/", {"pinned": ""}, {}),
    "a rule is made": (
        "retention/rule", {"name": "old", "action": "archive", "retention_days": "9"}, {"rule.created": 1}),
    "a rule is changed": (
        "retention/rule", {"rule": "$rule", "name": "old", "action": "archive", "retention_days": "9"},
        {"rule.updated": 1}),
    "a rule is switched off": ("retention/rules/{rule}/switch", {"enabled": "0"}, {"rule.updated": 1}),
    "a rule is deleted": ("retention/rules/{rule}/delete", {}, {"rule.deleted": 1}),
    "a hold is placed": ("retention/hold", {"name": "a case", "user_id": "$user"}, {"hold.placed": 1}),
    "a hold is released": ("retention/holds/{hold}/release", {}, {"hold.released": 1}),
    "a deletion is undone": ("memories/undelete/{batch}/", {}, {"memory.restored": 1}),
    "a review is decided": ("reviews/{review}/decide", {"decision": "keep_both"}, {"review.decided": 1}),
    "a decision that is none is refused": ("reviews/{review}/decide", {"decision": "dance"}, {}),
    "an export is asked for": ("transfers/export", {}, {"export.started": 1}),
    "a file is sent": ("transfers/import", {"file": "$file", "store": "1"}, {"import.started": 1}),
    "what is over is cancelled": ("transfers/{export}/cancel", {}, {}),
    "the model is changed": ("embeddings/", {"step": "start", "model": FP32}, {"embedding.reembed_started": 1}),
    "a key is issued": ("tenants/apikey/add/", KEY, {"key.issued": 1}),
    "a webhook is made": ("webhooks/new/", {"url": "https://example.com/h"}, {"webhook.created": 1}),
    "a webhook is changed": (
        "webhooks/{webhook}/change/", {"url": "https://example.com/h"}, {"webhook.changed": 1}),
    "a webhook is enabled": ("webhooks/{webhook}/act", {"step": "enable"}, {"webhook.enabled": 1}),
    "a webhook is tested": ("webhooks/{webhook}/act", {"step": "ping"}, {"ping.test": 1}),
    "a webhook is deleted": ("webhooks/{webhook}/act", {"step": "delete"}, {"webhook.deleted": 1}),
    "a secret is rolled": ("webhooks/{webhook}/secret", {"hours": "1"}, {"webhook.secret_rolled": 1}),
    "what waits is replayed": ("webhooks/deliveries/{delivery}/replay", {}, {}),
    "all that is dead is replayed": ("webhooks/{webhook}/replay", {"dead": "1"}, {}),
    "a ticket is given": ("live/ticket", {}, {}),
    "an event is judged": ("learning/{event}/judge", {"correct": "yes"}, {"learning.judged": 1}),
    "a suggestion is accepted": (
        "recommendations/{suggestion}/act", {"step": "accept"}, {"suggestion.accepted": 1, "policy.created": 1}),
    "a suggestion is rejected": ("recommendations/{suggestion}/act", {"step": "reject"}, {"suggestion.rejected": 1}),
    "a suggestion is tried": ("recommendations/{suggestion}/try", {}, {"run.queued": 1}),
    "suggestions are looked for": ("recommendations/look", {}, {}),
}  # fmt: skip


@pytest.mark.parametrize("act", IN_THE_CONSOLE)
def test_an_act_of_the_console_tells_what_the_api_tells_and_who_did_it(world: World, act: str) -> None:
    path, form, expected = IN_THE_CONSOLE[act]
    person = User.objects.create_superuser("operator@example.org", "correct horse")
    client = Client(raise_request_exception=False)
    client.force_login(person)
    things = world.things | {"file": SimpleUploadedFile("m.csv", b"content\nhello\n")}
    form = {name: things[v[1:]] if str(v).startswith("$") else v for name, v in form.items()}
    answer, told = facts(lambda: client.post(f"/t/acme/console/{path}".format(**things), form))
    assert answer.status_code in (200, 302), answer.content
    assert Counter(event.type for event in told) == Counter(expected)
    assert thin(told)
    for event in told:
        assert (event.actor, event.person_id, event.key_id) == (f"user:{person.pk}", person.pk, None)
        assert (event.ip, event.request_id) == ("127.0.0.1", answer["X-Request-Id"])


def test_tokens_that_are_issued_renewed_and_revoked_are_told_once_each(world: World) -> None:
    issued, told = facts(lambda: world.caller.post("tokens", {"api_key": world.caller.key})[1])
    assert [event.type for event in told] == ["login.opened"]
    renewed, told = facts(lambda: world.caller.post("tokens/refresh", {"token": issued["refresh"]})[1])
    assert [event.type for event in told] == ["login.refreshed"]
    told = facts(lambda: world.caller.post("tokens/revoke", {"token": renewed["refresh"]}))[1]
    assert [event.type for event in told] == ["login.closed"]
    assert all(event.ip and event.request_id and event.key_id for event in told)


def test_a_self_test_that_is_asked_for_is_told_once(world: World) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.org", "correct horse"))
    told = facts(lambda: client.post("/console/isolation/", {}))[1]
    assert [event.type for event in told] == ["selftest.started"]


def test_each_change_of_a_person_is_told_once_to_the_platform(world: World) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.org", "correct horse"))
    told = ["person.added", "person.changed", "person.changed", "person.removed"]
    secret = {"password1": "an owl at noon", "password2": "an owl at noon", "usable_password": "true"}
    members = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    forms: list[tuple[str, dict[str, str]]] = [
        ("add/", {"email": "new@example.org"} | secret | members),
        ("{}/change/", {"email": "new@example.org", "name": "Somebody", "is_active": "on"} | members),
        ("{}/password/", secret),
        ("{}/delete/", {"post": "yes"}),
    ]
    for expected, (path, form) in zip(told, forms, strict=True):
        key = User.objects.order_by("-created_at").first()
        answer, found = facts(lambda: client.post(f"/console/tenants/user/{path.format(key.pk)}", form))  # noqa: B023
        assert [(event.type, event.tenant_id) for event in found] == [(expected, None)], answer.content
        assert not any("example.org" in str(vars(event)) or "Somebody" in str(vars(event)) for event in found)


def test_a_key_that_is_revoked_in_the_console_is_told_once(world: World) -> None:
    key, _ = keys.issue(world.tenant, "doomed")
    client = Client()
    client.force_login(User.objects.create_superuser("operator@example.org", "correct horse"))
    form = {"action": "revoke_chosen", "_selected_action": [str(key.pk)]}
    for expected in (["key.revoked"], []):
        told = facts(lambda: client.post("/t/acme/console/tenants/apikey/", form))[1]
        assert [event.type for event in told] == expected
