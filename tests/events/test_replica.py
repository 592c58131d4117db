"""What a client keeps and the facts that it hears are what one reads who begins anew: for every verb.

Driven by the same lists as tests/isolation/test_exactly_one.py, so a new operation or act is tried here too.
"""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from automation import jobs, runner, worker
from automation.registry import JOBS
from events import feed, relay
from events.types import CATALOGUE
from memory import sessions, transfers
from memory.models import Memory, Rule, Session
from memory.privacy import erase
from memory.upkeep import embed, expire, rescore, retier
from tenants import preferences
from tenants.models import Tenant, User
from tests.conftest import _forget
from tests.events.replica import ALONE, LISTS, Copy, Replica, everything
from tests.isolation.test_exactly_one import ACTS, CHANGES, IN_THE_CONSOLE, call
from tests.isolation.worlds import World

assert jobs  # its import fills the catalogue


@pytest.fixture(scope="module")
def begun(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[World, Copy, int]]:
    """A tenant with one of everything, a copy of it, and how far that goes."""
    with django_db_blocker.unblock():
        world = World(Tenant.objects.get(slug="acme"))
        relay.drain()
        yield world, everything(world.caller), feed.last_seq(world.tenant.pk)
        _forget()


@pytest.fixture
def world(begun: tuple[World, Copy, int]) -> Iterator[World]:
    with transaction.atomic():
        yield begun[0]
        transaction.set_rollback(True)


@pytest.fixture
def replica(world: World, begun: tuple[World, Copy, int]) -> Replica:
    return Replica(world.caller, begun[1], begun[2])


def holds(world: World, replica: Replica) -> list[str]:
    """State and facts are the fresh state; which facts."""
    relay.drain()
    told = replica.catch_up()
    fresh = everything(world.caller)
    kept = replica.state()
    for resource, rows in fresh.items():
        assert kept[resource].keys() == rows.keys(), (resource, told)
        assert [differ for id, row in rows.items() if (differ := _differ(kept[resource][id], row))] == [], (
            resource,
            told,
        )
    return told


def _differ(kept: dict[str, Any], fresh: dict[str, Any]) -> list[Any]:
    return [(name, kept.get(name), fresh[name]) for name in fresh if kept.get(name) != fresh[name]]


@pytest.mark.parametrize("operation", CHANGES)
def test_state_and_facts_are_the_fresh_state_after_each_operation(
    world: World, replica: Replica, operation: str
) -> None:
    call(operation, world)
    holds(world, replica)


@pytest.mark.parametrize("act", ACTS)
def test_and_after_each_act_that_needs_another_before_it(world: World, replica: Replica, act: str) -> None:
    before, path, body, expected = ACTS[act]
    before(world)
    body = {name: world.things[v[1:]] if str(v).startswith("$") else v for name, v in body.items()}
    answer = world.caller.raw("POST", path.format(**world.things), json.dumps(body).encode())
    assert answer.status_code < 300
    assert set(expected) <= set(holds(world, replica))


@pytest.mark.parametrize("act", IN_THE_CONSOLE)
def test_and_after_each_act_of_the_console(world: World, replica: Replica, act: str) -> None:
    path, form, expected = IN_THE_CONSOLE[act]
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("operator@example.org", "correct horse"))
    things = world.things | {"file": SimpleUploadedFile("m.csv", b"content\nhello\n")}
    form = {name: things[v[1:]] if str(v).startswith("$") else v for name, v in form.items()}
    assert client.post(f"/t/acme/console/{path}".format(**things), form).status_code in (200, 302)
    assert set(expected) <= set(holds(world, replica))


# --- upkeep


def _aged(world: World) -> None:
    """Memories of long ago, doubles and contradictions among them, so that every job finds something to do."""
    said = ["Ada likes tea.", "Ada really likes tea.", "Ada does not like tea.", "Ada lives in Paris.",
            "Ada lives in Rome.", "We talked about the garden. " * 8]  # fmt: skip
    drafts = [{"content": text, "user_id": "ada", "importance": 0.1, "session_id": "s1"} for text in said]
    drafts += [{"content": "Ada weighs much.", "user_id": "ada", "importance": 0.9, "trust": "untrusted"}]
    fresh = {"content": "I am so excited about this!", "user_id": "ben"}
    assert world.caller.post("memories", {"memories": [*drafts, fresh]})[0] == 201
    long_ago = timezone.now() - timedelta(days=400)
    Rule.objects.create(name="ancient", retention_days=30, action="delete", kind="fact", user_id="ada")
    embed.pending()
    world.caller.remember("   .   ", user_id="cleo", expires_at=(timezone.now() + timedelta(hours=1)).isoformat())
    Memory.objects.filter(user_id="cleo").update(expires_at=timezone.now() - timedelta(hours=1))
    Memory.objects.filter(user_id="ada").update(created_at=long_ago, event_time=long_ago, updated_at=long_ago)
    Memory.objects.filter(user_id="ben").update(event_time=timezone.now() - timedelta(hours=20), embedding=None)


OPTIONS = {"retier": {"days": 30}}


@pytest.mark.parametrize("job", sorted(JOBS))
def test_and_after_a_run_of_each_job_and_after_taking_it_back(world: World, job: str) -> None:
    with tenant_context(world.tenant):
        _aged(world)
        replica = _from_here(world)
        run = runner.run_now(job, options=OPTIONS.get(job, {}))
        assert run
        assert run.state == "succeeded", run.error
        assert "run.succeeded" in holds(world, replica)
        assert sum(run.result["counts"].values()), run.result
        if JOBS[job].undoable:
            undone = runner.undo(run.pk)
            assert undone
            worker.work()
            assert "run.undone" in holds(world, replica)


def _from_here(world: World) -> Replica:
    relay.drain()
    return Replica(world.caller)


def _expired(world: World) -> None:
    Memory.objects.filter(pk=world.things["memory"]).update(expires_at=timezone.now() - timedelta(days=1))


def _deleted_long_ago(world: World) -> None:
    world.caller.delete(f"memories/{world.things['memory']}")
    Memory.objects.filter(pk=world.things["memory"]).update(deleted_at=timezone.now() - timedelta(days=99))


def _passing(world: World) -> None:
    """An ephemeral session, in which something was said, and whose time is over."""
    talk = {"session_id": "passing", "user_id": "ada"}
    world.caller.post("sessions", talk | {"ephemeral": True})
    assert world.caller.post("messages", talk | {"role": "user", "content": "Hello there."})[0] == 201
    Session.objects.filter(session_id="passing").update(expires_at=timezone.now() - timedelta(seconds=1))


def _fresh(world: World) -> None:
    world.caller.remember("I am so excited about this!")
    age = timezone.now() - timedelta(hours=20)
    Memory.objects.filter(importance_stated=False).update(event_time=age)


def _sleeping(world: World) -> None:
    preferences.change(world.tenant.pk, {"cold_after_days": 1})
    Memory.objects.update(created_at=timezone.now() - timedelta(days=9))


def _files(world: World) -> None:
    world.caller.post("exports", {})
    world.caller.raw("POST", "imports", b"content\nhello\n", **{"Content-Type": "text/csv"})


def _to_erase(world: World) -> None:
    about = {"type": "user", "name": world.things["user"]}
    world.caller.post("policies", {"user_id": world.things["user"]})
    count = world.caller.post("erasures", about | {"dry_run": True})[1]["confirm_count"]
    assert world.caller.post("erasures", about | {"confirm_count": count})[0] == 202


Sweep = tuple[Callable[[World], Any], Callable[[], Any], str]  # what is there before, the sweep, a fact that it tells
SWEEPS: dict[str, Sweep] = {
    "what expired is purged": (_expired, lambda: expire.purge(Memory.objects.all()), "memory.purged"),
    "what was deleted is purged": (_deleted_long_ago, lambda: expire.purge(Memory.objects.all()), "memory.purged"),
    "sessions end by themselves": (_passing, sessions.close_due, "session.closed"),
    "importance is scored anew": (_fresh, rescore.run, "memory.rescored"),
    "vectors are made": (_fresh, embed.pending, "embedding.completed"),
    "what is old goes to cold storage": (_sleeping, retier.run, "memory.archived"),
    "files are written and read": (_files, transfers.pending, "import.completed"),
    "a person is erased": (_to_erase, erase.pending, "erasure.completed"),
}


@pytest.mark.parametrize("sweep", SWEEPS)
def test_and_after_each_sweep_that_runs_by_itself(world: World, sweep: str) -> None:
    before, sweeps, fact = SWEEPS[sweep]
    with tenant_context(world.tenant):
        before(world)
        replica = _from_here(world)
        with tenant_context(Tenant.objects.get(pk=world.tenant.pk)):  # as it is now
            sweeps()
        assert fact in holds(world, replica)


def test_each_type_names_resources_that_a_copy_has() -> None:
    known = {"", "memories", "{direction}s", "webhooks", *LISTS, *ALONE}
    assert {kind.resource for kind in CATALOGUE.values()} | {o for k in CATALOGUE.values() for o in k.also} <= known
