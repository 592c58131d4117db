"""Late writers: work that began before an erasure cannot bring anybody back. Real threads, real commits."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from events import actors
from memory import portability, sessions, transfers
from memory.erasing import undelete
from memory.errors import Erased, NotStored
from memory.models import Erasure, Memory, Passage, Session, Transfer, Version
from memory.privacy import erase
from memory.privacy.subjects import Subject
from memory.remember import remember, remember_many
from memory.revise import erase as delete
from memory.revise import restore, restore_version, revise
from memory.tiers import cold
from memory.types import Draft, Scope, SessionDraft
from memory.upkeep import embed
from tenants.models import Tenant
from tests.conftest import costs
from tests.journeys.house import eventually
from tests.privacy.conftest import CANARY, files

ADA = Scope(user_id="ada")
SUBJECT = Subject("user", "ada")


@pytest.fixture
def before() -> Iterator[None]:
    """Work that began an hour ago."""
    with actors.acting_as("test", timezone.now() - timedelta(hours=1)):
        yield


def test_while_it_runs_nothing_is_written_of_them(in_acme: Tenant) -> None:
    erase.request(SUBJECT, 0)
    with pytest.raises(NotStored, match="was erased"):
        remember(Draft("Late.", ADA))
    with pytest.raises(Erased):
        sessions.open_session(SessionDraft(ADA))
    assert remember(Draft("Ben's.", Scope(user_id="ben"))).status == "created"
    assert not Session.objects.exists()


def test_with_partial_only_theirs_fail(in_acme: Tenant) -> None:
    erase.request(SUBJECT, 0)
    told = remember_many([Draft("Late.", ADA), Draft("Other.", Scope(user_id="ben"))], partial=True)
    assert [outcome.status for outcome in told] == ["failed", "created"]


def test_work_that_began_before_is_refused_and_new_work_is_not(in_acme: Tenant, erased: Callable[..., Erasure]) -> None:
    erased("user", "ada")
    with actors.acting_as("slow", timezone.now() - timedelta(hours=1)), pytest.raises(NotStored):
        remember(Draft("Late.", ADA))
    assert remember(Draft("She is back.", ADA)).status == "created"


def test_who_is_blocked_stays_away_until_it_is_lifted(in_acme: Tenant, erased: Callable[..., Erasure]) -> None:
    row = erased("user", "ada", block=True)
    with pytest.raises(NotStored):
        remember(Draft("She is back.", ADA))
    erase.lift(row.pk)
    assert remember(Draft("She is back.", ADA)).status == "created"


def test_a_late_change_cannot_name_a_person_again(in_acme: Tenant, erased: Callable[..., Erasure]) -> None:
    mine = remember(Draft("They met.", people=("Ben",))).id
    assert mine
    erased("person", "Ada")
    with actors.acting_as("slow", timezone.now() - timedelta(hours=1)):
        for changes in ({"people": ["ada"]}, {"author": "ADA"}):
            with pytest.raises(Erased):
                revise(mine, changes)
        assert revise(mine, {"tags": ["x"]})
    assert revise(mine, {"people": ["Ada"]})


def test_a_version_read_before_is_not_restored_after(
    in_acme: Tenant, erased: Callable[..., Erasure], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = remember(Draft(f"{CANARY} met.", people=("Ada",))).id
    assert mine
    revise(mine, {"people": [], "content": "They met."})
    from memory import history

    read = history.state

    def slow(*told: Any) -> Any:
        found = read(*told)
        erased("person", "Ada")
        return found

    monkeypatch.setattr(history, "state", slow)
    with actors.acting_as("restorer"), pytest.raises(Erased):
        restore_version(mine, 1)
    assert Memory.objects.get().content == "They met."


def test_what_was_deleted_before_comes_back_by_no_way(in_acme: Tenant, erased: Callable[..., Erasure]) -> None:
    mine = remember(Draft("One.", ADA)).id
    assert mine
    delete(mine)
    batch = UUID(int=7)
    Memory.objects.update(deleted_batch=batch)
    erased("user", "ada")
    assert restore(mine) is None
    assert undelete(batch) == 0
    assert restore_version(mine, 1) is None


def exported(subject: Subject | None = None) -> bytes:
    return b"".join(portability.export(portability.Selection(subject=subject), "jsonl"))


def take_in(data: bytes, *, dry_run: bool = False) -> Transfer:
    row = transfers.start_import(io.BytesIO(data), "jsonl", dry_run=dry_run, limit=10**8)
    transfers.pending()
    row.refresh_from_db()
    return row


def test_an_old_export_does_not_bring_them_back(in_acme: Tenant, erased: Callable[..., Erasure]) -> None:
    mine = remember(Draft(f"{CANARY}.", Scope(user_id="ada", session_id="s1"))).id
    assert mine
    revise(mine, {"content": f"Another {CANARY}."})
    remember(Draft("Ben's.", Scope(user_id="ben")))
    old = exported()
    row = erased("user", "ada")
    for dry_run in (True, False):
        done = take_in(old, dry_run=dry_run)
        assert done.counts == {"created": 0, "merged": 1, "failed": 3}, done.errors
        assert {error["error"] for error in done.errors} == {"whom it names was erased"}
    assert not Memory.objects.filter(user_id="ada").exists()
    erase.lift(row.pk)
    assert take_in(old).counts["created"] == 3


def test_a_new_file_about_them_is_taken_in(in_acme: Tenant, erased: Callable[..., Erasure]) -> None:
    erased("user", "ada")
    assert take_in(b'{"content": "She is back.", "user_id": "ada"}\n').counts["created"] == 1


def test_an_import_that_waits_is_stopped_and_its_file_goes(
    in_acme: Tenant, erased: Callable[..., Erasure], storage: Path
) -> None:
    line = json.dumps({"content": CANARY, "user_id": "ada"}).encode()
    waiting = transfers.start_import(io.BytesIO(line), "jsonl", dry_run=False, limit=10**6)
    assert erased("user", "ada").counts["imports"] == 1
    transfers.pending()
    waiting.refresh_from_db()
    assert (waiting.state, waiting.parts) == ("cancelled", [])
    assert files(storage) == []
    assert not Memory.objects.exists()


def test_the_gate_costs_one_statement_and_none_for_nobody(in_acme: Tenant) -> None:
    from memory.privacy import gate

    with transaction.atomic():
        with costs(1):
            gate.refused([(n, {SUBJECT, Subject("person", str(n))}, timezone.now()) for n in range(100)])
        with costs(0):
            gate.refused([(0, set(), timezone.now())])


# --- several at once


def inside(tenant: Tenant, act: Callable[[], Any]) -> Callable[[], Any]:
    """`act` in a thread's own connection, closed afterwards."""

    def run() -> Any:
        try:
            with tenant_context(tenant), actors.acting_as("thread"):
                return act()
        finally:
            connection.close()

    return run


@pytest.mark.usefixtures("committed")
def test_an_erasure_waits_for_a_writer_who_passed_and_takes_what_it_wrote(acme: Tenant) -> None:
    passed, go = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            remember(Draft(f"{CANARY}.", ADA))
            passed.set()
            assert go.wait(20)

    with ThreadPoolExecutor() as pool, tenant_context(acme):
        writing = pool.submit(inside(acme, write))
        assert passed.wait(20)
        asking = pool.submit(inside(acme, lambda: erase.request(SUBJECT, 1)))
        assert not asking.done()
        go.set()
        writing.result(20)
        asking.result(20)
        erase.pending()
        assert Erasure.objects.get().counts["memories"] == 1
        assert not Memory.objects.exists()


@pytest.mark.usefixtures("committed")
def test_many_writers_and_an_erasure_leave_nothing_from_before(acme: Tenant) -> None:
    stop = threading.Event()
    answers: list[str] = []

    def write(writer: int) -> None:
        began, number = timezone.now(), 0  # all of it is one long piece of work
        with actors.acting_as("writer", began):
            while not stop.is_set():
                number += 1
                drafts = [Draft(f"{CANARY} {writer} {number}", Scope(user_id="ada", session_id=f"s{writer}"))]
                answers.append(remember_many(drafts, partial=True)[0].status)

    with ThreadPoolExecutor() as pool, tenant_context(acme):
        writing = [pool.submit(inside_of(acme, write, writer)) for writer in range(4)]
        eventually(lambda: answers.count("created") >= 40)
        row = asked_for()
        for _ in range(100):
            erase.pending()
            row.refresh_from_db()
            if row.state == "done":
                break
        seen = len(answers)
        eventually(lambda: len(answers) >= seen + 40)
        stop.set()
        for one in writing:
            one.result(20)
        assert row.state == "done", row.reason
        assert set(answers[seen + 4 :]) == {"failed"}
        assert [rows.objects.count() for rows in (Memory, Version, Session, Passage)] == [0, 0, 0, 0]


def inside_of(tenant: Tenant, act: Callable[[int], Any], number: int) -> Callable[[], Any]:
    return inside(tenant, lambda: act(number))


def asked_for() -> Erasure:
    return erase.request(SUBJECT, Memory.objects.filter(user_id="ada").count())[0]


@pytest.mark.usefixtures("committed")
def test_a_move_to_cold_storage_under_way_leaves_no_object(
    acme: Tenant, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, go = threading.Event(), threading.Event()
    put = cold.objects.put

    def slow(name: str, data: bytes) -> None:
        put(name, data)
        stored.set()
        assert go.wait(20)

    with ThreadPoolExecutor() as pool, tenant_context(acme):
        mine = remember(Draft(f"{CANARY}.", ADA), wait=True).id
        assert mine
        monkeypatch.setattr(cold.objects, "put", slow)
        moving = pool.submit(inside(acme, lambda: cold.archive(mine)))
        assert stored.wait(20)
        erase.request(SUBJECT, 1)
        erasing = pool.submit(inside(acme, erase.pending))
        go.set()
        moving.result(20)
        erasing.result(20)
        assert not Memory.objects.exists()
        assert files(storage) == []


@pytest.mark.usefixtures("committed")
def test_the_embedder_under_way_brings_nothing_back(acme: Tenant) -> None:
    with ThreadPoolExecutor() as pool, tenant_context(acme):
        for number in range(100):
            remember(Draft(f"{CANARY} {number} " + "and so on " * 300, ADA))
        embedding = pool.submit(inside(acme, embed.pending))
        erase.request(SUBJECT, 100)
        erase.pending()
        embedding.result(60)
        assert Erasure.objects.get().state == "done"
        assert [rows.objects.count() for rows in (Memory, Passage)] == [0, 0]


@pytest.mark.usefixtures("committed")
def test_an_export_under_way_leaves_no_file(acme: Tenant, storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, go = threading.Event(), threading.Event()
    keep = transfers._keep

    def slow(transfer: Transfer, data: bytes) -> str:
        name = keep(transfer, data)
        kept.set()
        assert go.wait(20)
        return name

    with ThreadPoolExecutor() as pool, tenant_context(acme):
        remember(Draft(f"{CANARY}.", ADA))
        transfers.start_export({}, "jsonl")
        monkeypatch.setattr(transfers, "_keep", slow)
        exporting = pool.submit(inside(acme, transfers.pending))
        assert kept.wait(20)
        erase.request(SUBJECT, 1)
        erase.pending()
        go.set()
        exporting.result(20)
        assert not Transfer.objects.exists()
        assert files(storage) == []


@pytest.mark.usefixtures("committed")
def test_an_import_under_way_stores_nothing_more(acme: Tenant, storage: Path) -> None:
    lines = [json.dumps({"content": f"{CANARY} {number}", "user_id": "ada"}) for number in range(6000)]
    with ThreadPoolExecutor() as pool, tenant_context(acme):
        transfers.start_import(io.BytesIO("\n".join(lines).encode()), "jsonl", dry_run=False, limit=10**8)
        importing = pool.submit(inside(acme, transfers.pending))
        eventually(lambda: Memory.objects.exists() or importing.done())
        asked_for()
        erase.pending()
        importing.result(60)
        assert Erasure.objects.get().state == "done"
        assert not Memory.objects.exists()
        assert files(storage) == []


@pytest.mark.usefixtures("committed")
def test_two_workers_share_one_erasure(acme: Tenant) -> None:
    with ThreadPoolExecutor() as pool, tenant_context(acme):
        for number in range(450):
            remember(Draft(f"{CANARY} {number}", ADA))
        erase.request(SUBJECT, 450)
        for one in [pool.submit(inside(acme, erase.pending)) for _ in range(3)]:
            one.result(60)
        assert Erasure.objects.get().counts["memories"] == 450
