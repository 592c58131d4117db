"""What goes out comes in again, the same, and bad rows keep no good one out."""

import csv
import io
import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.models import Event
from memory import portability, portable, transfers
from memory.algorithms import lines
from memory.errors import Unreadable
from memory.models import Memory, Relation, Session, Transfer, Version
from memory.portability import Selection
from memory.remember import remember
from memory.tiers import cold
from memory.types import Draft, Scope
from tenants.models import Tenant
from tests.conftest import Caller, costs

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60)
SAID = TEXT.filter(str.strip)
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2900, 1, 1), timezones=st.just(UTC))
JSON = st.dictionaries(TEXT, st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT, lambda s: st.lists(s, max_size=3), max_leaves=5), max_size=3)  # fmt: skip


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> Path:
    """A disk of the test's own."""
    backend = "django.core.files.storage.FileSystemStorage"
    own = {name: {"BACKEND": backend, "OPTIONS": {"location": tmp_path / name}} for name in ("cold", "transfers")}
    settings.STORAGES = settings.STORAGES | own
    return tmp_path / "transfers"


def forget() -> None:
    Memory.objects.all().delete()
    Session.objects.all().delete()


def exported(form: str = "jsonl", chosen: Selection | None = None) -> bytes:
    return b"".join(portability.export(chosen or Selection(), form))


def told(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.split(b"\n")[1:] if line]


def imported(data: bytes, form: str = "jsonl", *, dry_run: bool = False) -> Transfer:
    transfer = transfers.start_import(io.BytesIO(data), form, dry_run=dry_run, limit=10**9)
    transfers.pending()
    transfer.refresh_from_db()
    return transfer


def jsonl(*rows: Any) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@st.composite
def memories(draw: Any) -> Memory:
    content, stated = draw(SAID), draw(TIMES)
    memory = Memory(
        content=content, kind=draw(st.sampled_from(Memory.Kind.values)), role=draw(TEXT)[:32], author=draw(TEXT),
        user_id=draw(st.sampled_from(["", "ada"])), agent_id=draw(TEXT), session_id=draw(st.sampled_from(["", "s"])),
        namespace="default", tags=draw(st.lists(TEXT, max_size=3)), people=draw(st.lists(TEXT, max_size=3)),
        topic=draw(TEXT), language=draw(st.sampled_from(["", "de"])), source=draw(TEXT), metadata=draw(JSON),
        trust=draw(st.sampled_from(Memory.Trust.values)), importance=draw(st.floats(0, 1)),
        importance_stated=draw(st.booleans()), confidence=draw(st.floats(0, 1)), event_time=stated,
        state=draw(st.sampled_from(["active", "superseded"])), valid_from=draw(st.none() | TIMES),
        valid_to=draw(st.none() | TIMES), superseded_by=draw(st.none() | st.uuids()),
        position=draw(st.none() | st.integers(0, 10**6)), version=draw(st.integers(1, 99)), created_at=draw(TIMES),
        updated_at=draw(TIMES), recalls=draw(st.integers(0, 99)), recalled_at=draw(st.none() | TIMES),
        expires_at=draw(st.none() | st.just(datetime(2950, 1, 1, tzinfo=UTC))),
    )  # fmt: skip
    portable._complete(memory, {"importance": 1, "importance_stated": True, "event_time": 1, "source": ""})
    return memory


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.lists(memories(), min_size=1, max_size=4, unique_by=lambda m: m.fingerprint), SAID, JSON, TIMES)
def test_an_import_of_an_export_is_the_same(
    in_acme: Tenant, rows: list[Memory], text: str, extra: Any, at: Any
) -> None:
    forget()
    Memory.objects.bulk_create(rows)
    Version.objects.create(memory=rows[0], content=text, metadata=extra, since=at, until=at, changed=["content"])
    Session.objects.create(session_id="s", title=text, metadata=extra)
    for row in rows[1:]:
        Relation.objects.create(source=rows[0], target=row, type="causes", weight=0.25, metadata=extra)
    before = exported()
    cells = exported("csv")
    forget()
    transfer = imported(before)
    assert (transfer.state, transfer.errors) == ("done", [])
    assert told(exported()) == told(before)
    Memory.objects.all().delete()
    transfer = imported(cells, "csv")
    assert (transfer.state, transfer.errors) == ("done", [])
    assert exported("csv") == cells
    forget()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_cell_is_a_formula_and_each_comes_back(cell: str) -> None:
    assert not lines.safe(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert lines.unsafe(lines.safe(cell)) == cell


@given(st.lists(st.binary(max_size=5).filter(lambda b: b"\n" not in b), max_size=8), st.integers(1, 7))
def test_lines_do_not_depend_on_where_the_file_is_cut(texts: list[bytes], size: int) -> None:
    data = b"\n".join(texts)
    pieces = [data[i : i + size] for i in range(0, len(data), size)]
    assert (
        [line.text for line in lines.split(pieces)]
        == data.split(b"\n")[: None if not data or data[-1:] != b"\n" else -1]
        if data
        else True
    )
    for line in lines.split(pieces):
        assert list(lines.split([data[line.after :]], at=line.after)) == [
            x for x in lines.split(pieces) if x.after > line.after
        ]


def test_a_line_that_is_too_long_costs_itself_alone(in_acme: Tenant) -> None:
    data = jsonl({"content": "one"}) + b"x" * (5 * 1024 * 1024) + b"\n" + jsonl({"content": "two"})
    transfer = imported(data)
    assert transfer.counts == {"created": 2, "merged": 0, "failed": 1}
    assert transfer.errors == [{"line": 2, "error": "is longer than 2 MiB"}]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"{", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[1]", "is not an object"),
        (b"[" * 100_000, "is not JSON"),
        (b'{"content": "x", "contnt": "y"}', "contnt is not a field"),
        (b'{"content": "  "}', "blank"),
        (b'{"user_id": "ada"}', "content is missing"),
        (b'{"content": 5}', "content: must be a text"),
        (b'{"content": "\\u0000"}', "NUL"),
        (b'{"content": "\\ud800"}', "surrogate"),
        (b'{"content": "x", "metadata": {"a": 1e999}}', "not finite"),
        (b'{"content": "x", "metadata": {"a": "\\u0000"}}', "NUL"),
        (b'{"content": "x", "metadata": ' + b'{"a":' * 50 + b"1" + b"}" * 50 + b"}", "deep"),
        (b'{"content": "x", "kind": "song"}', "kind:"),
        (b'{"content": "x", "state": "deleted"}', "state:"),
        (b'{"content": "x", "importance": 2}', "importance:"),
        (b'{"content": "x", "importance": true}', "importance:"),
        (b'{"content": "x", "version": 99999999999}', "version:"),
        (b'{"content": "x", "event_time": "yesterday"}', "event_time:"),
        (b'{"content": "x", "event_time": "2026-13-45T00:00:00Z"}', "event_time:"),
        (b'{"content": "x", "id": "7"}', "id:"),
        (b'{"content": "x", "tags": "a"}', "tags:"),
        (b'{"content": "x", "type": "song"}', "type must be"),
        (b'{"content": "x", "type": []}', "type must be"),
        (b'{"memory": "x", "metadata": 5}', "metadata"),
        (b'{"type": "header", "format": 99}', "format 99"),
        (b'{"type": "relation", "source_id": "01a1fc31-325e-776f-a220-14f1782bb309", "target_id": "01a1fc31-325e-776f-a220-14f1782bb308", "relation": "causes"}', "source_id: no such memory"),
        (b'{"type": "relation", "source_id": "01a1fc31-325e-776f-a220-14f1782bb309"}', "target_id is missing"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_bad_row_says_where_and_why_and_keeps_no_good_one_out(
    in_acme: Tenant, line: bytes, error: str, dry_run: bool
) -> None:
    transfer = imported(jsonl({"content": "before"}) + line + b"\n" + jsonl({"content": "after"}), dry_run=dry_run)
    assert transfer.state == "done"
    assert transfer.counts == {"created": 2, "merged": 0, "failed": 1}
    assert transfer.errors[0]["line"] == 2
    assert error in transfer.errors[0]["error"]
    assert Memory.objects.count() == (0 if dry_run else 2)


def test_a_dry_run_counts_what_would_be_and_changes_nothing(in_acme: Tenant) -> None:
    there = remember(Draft("there already")).id
    data = jsonl(
        {"content": "there already"}, {"content": "new"}, {"content": "new"}, {"id": str(there), "content": "x"}
    )
    before = (Memory.objects.count(), Event.objects.filter(type="memory.created").count())
    assert imported(data, dry_run=True).counts == {"created": 1, "merged": 3, "failed": 0}
    assert (Memory.objects.count(), Event.objects.filter(type="memory.created").count()) == before
    assert imported(data).counts == {"created": 1, "merged": 3, "failed": 0}


def test_an_import_twice_stores_once(in_acme: Tenant) -> None:
    data = jsonl(*({"content": f"note {i}", "user_id": "ada"} for i in range(1200)))
    assert imported(data).counts["created"] == 1200
    assert imported(data).counts == {"created": 0, "merged": 1200, "failed": 0}
    assert Memory.objects.count() == 1200


def test_lines_of_mem0_come_in(in_acme: Tenant) -> None:
    line = {
        "id": "m-1", "memory": "Likes tea.", "user_id": "ada", "run_id": "r1", "categories": ["food"], "score": 0.5,
        "hash": "d41d", "metadata": {"a": 1}, "created_at": "2025-01-02T03:04:05-07:00", "updated_at": None, "app": "x",
    }  # fmt: skip
    assert imported(jsonl(line)).counts["created"] == 1
    memory = Memory.objects.get()
    assert (memory.content, memory.user_id, memory.session_id, memory.tags) == ("Likes tea.", "ada", "r1", ["food"])
    assert memory.metadata == {"a": 1, "app": "x", "id": "m-1"}
    assert memory.created_at == memory.event_time == datetime(2025, 1, 2, 10, 4, 5, tzinfo=UTC)
    assert memory.source == "import"


def test_csv_of_others_comes_in(in_acme: Tenant) -> None:
    data = '\ufeffcontent,user_id,tags,importance\r\n"two\r\nlines",ada,"a, b",0.9\r\n-5 degrees,,,\r\n,x,,\r\na,b\r\n'
    transfer = imported(data.encode(), "csv")
    assert transfer.counts == {"created": 2, "merged": 0, "failed": 2}
    assert [error["line"] for error in transfer.errors] == [5, 6]
    memory = Memory.objects.get(user_id="ada")
    assert (memory.content, memory.tags, memory.importance) == ("two\r\nlines", ["a", "b"], 0.9)


def test_an_exported_cell_is_no_formula(in_acme: Tenant) -> None:
    remember(Draft("=HYPERLINK(1)", author="@ada"))
    (row,) = list(csv.reader(io.StringIO(exported("csv").decode(), newline="")))[1:]
    assert "'=HYPERLINK(1)" in row
    assert "'@ada" in row


def test_an_export_holds_what_was_asked_for(in_acme: Tenant) -> None:
    for user in ("ada", "ben"):
        remember(Draft("hello", Scope(user_id=user, session_id="s"), tags=(user,)))
    rows = told(exported(chosen=Selection(Scope(user_id="ada"), {"tags": {"any": ["ada"]}})))
    assert {row.get("user_id") for row in rows if row["type"] == "memory"} == {"ada"}


def test_an_export_brings_content_of_cold_memories_or_nothing(in_acme: Tenant, tmp_path: Path) -> None:
    made = remember(Draft("cold words")).id
    cold.archive(made)
    assert "cold words" in [row.get("content") for row in told(exported())]
    (tmp_path / "cold" / Memory.objects.get().cold_key).unlink()
    cold.hot.tombstone(in_acme.id, [(str(made), 1)])
    with pytest.raises(Unreadable):
        exported()


def test_a_long_export_goes_on_over_its_batches(in_acme: Tenant) -> None:
    imported(jsonl(*({"content": f"note {i}"} for i in range(450))))
    assert sorted(row["content"] for row in told(exported())) == sorted(f"note {i}" for i in range(450))


# --- as work


class Killed(BaseException):
    pass


def test_a_killed_import_goes_on_without_storing_twice(in_acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    data = jsonl(*({"content": f"note {i}"} for i in range(1300)), {"content": ""}, {"content": "note 0"})
    transfer = transfers.start_import(io.BytesIO(data), "jsonl", dry_run=False, limit=10**9)
    store, calls = portability.store, []

    def dying(*args: Any) -> None:
        calls.append(1)
        store(*args)
        if len(calls) == 2:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("memory.portability.store", dying)
        with pytest.raises(Killed):
            transfers.pending()
    transfer.refresh_from_db()
    assert (transfer.state, transfer.done, Memory.objects.count()) == ("running", 500, 500)
    assert transfers.pending() == 0  # its lease still runs
    Transfer.objects.update(leased_until=timezone.now())
    assert transfers.pending() == 1
    transfer.refresh_from_db()
    assert (transfer.state, transfer.done, transfer.total) == ("done", 1302, 1302)
    assert transfer.counts == {"created": 1300, "merged": 1, "failed": 1}
    assert [error["line"] for error in transfer.errors] == [1301]


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memory.transfers.PART", 10_000)
    monkeypatch.setattr("memory.portability.ROWS", 20)
    monkeypatch.setattr("memory.portability.BATCH", 30)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_transfer_cut_at_every_step_comes_to_the_same_end(in_acme: Tenant, form: str) -> None:
    imported(jsonl(*({"content": f"note {i}\nsecond line"} for i in range(100))))
    whole = exported(form)
    transfer = transfers.start_export({}, form)
    _cut_again_and_again()
    transfer.refresh_from_db()
    assert (transfer.state, transfer.done) == ("done", 100)
    data = b"".join(transfers.read_part(transfer, n) for n in range(len(transfer.parts)))
    assert len(transfer.parts) > 2
    assert data.split(b"\n")[1:] == whole.split(b"\n")[1:]
    forget()
    again = transfers.start_import(io.BytesIO(data), form, dry_run=False, limit=10**9)
    _cut_again_and_again()
    again.refresh_from_db()
    assert (again.state, again.errors, again.counts["created"]) == ("done", [], 100)
    assert exported(form).split(b"\n")[1:] == whole.split(b"\n")[1:]


def _cut_again_and_again() -> None:
    for _ in range(100):
        if not transfers.pending(seconds=0):
            return
    raise AssertionError("it comes to no end")


def test_who_lost_the_lease_stores_nothing_more(in_acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = transfers.start_import(io.BytesIO(jsonl({"content": "x"})), "jsonl", dry_run=False, limit=10**9)
    store = portability.store

    def overtaken(*args: Any) -> None:
        store(*args)
        Transfer.objects.update(leased_until=timezone.now() + timedelta(hours=1))

    monkeypatch.setattr("memory.portability.store", overtaken)
    transfers.pending()
    assert Memory.objects.count() == 0
    transfer.refresh_from_db()
    assert transfer.done == 0


def test_what_fails_again_and_again_is_given_up(in_acme: Tenant, storage: Path) -> None:
    transfer = transfers.start_import(io.BytesIO(jsonl({"content": "x"})), "jsonl", dry_run=False, limit=10**9)
    for path in storage.rglob("*.part"):
        path.write_bytes(b"tampered with")
    for _ in range(transfers.TRIES + 1):
        Transfer.objects.update(leased_until=timezone.now())
        transfers.pending()
    transfer.refresh_from_db()
    assert (transfer.state, "DATA_KEYS" in transfer.reason) == ("failed", True)
    assert Event.objects.get(type="transfer.failed").data == {"direction": "import"}


def test_files_are_sealed_and_expire(in_acme: Tenant, storage: Path, django_capture_on_commit_callbacks: Any) -> None:
    remember(Draft("a secret of ours"))
    transfers.start_export({}, "jsonl")
    transfers.pending()
    (part,) = storage.rglob("*.part")
    assert b"secret" not in part.read_bytes()
    Transfer.objects.update(finished_at=timezone.now() - timedelta(days=8))
    with django_capture_on_commit_callbacks(execute=True):
        assert transfers.expire() == 1
    assert list(storage.rglob("*.part")) == []


# --- by the API


def test_an_export_by_api(ada: Caller, acme: Tenant) -> None:
    ada.remember("Tea.", user_id="cleo")
    status, body = ada.post("exports", {"user_id": "cleo", "format": "jsonl", "filters": {"kind": "fact"}})
    assert (status, body["state"], body["total"]) == (202, "pending", 1)
    assert ada.get(f"exports/{body['id']}/file")[1]["code"] == "not_ready"
    with tenant_context(acme):
        transfers.pending()
    _, after = ada.get(f"exports/{body['id']}")
    assert (after["state"], after["done"]) == ("done", 1)
    answer = ada.raw("GET", f"exports/{body['id']}/file", Accept="application/x-ndjson")
    assert answer.status_code == 200
    assert [row["content"] for row in told(answer.getvalue())] == ["Tea."]


def test_an_export_as_a_stream(ada: Caller) -> None:
    ada.remember("Tea.", user_id="cleo")
    answer = ada.raw("GET", "exports/stream?user_id=cleo&format=csv", Accept="text/csv")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert b"Tea." in answer.getvalue()
    assert ada.get("exports/stream?format=xml")[0] == 422


def test_an_import_by_api(ada: Caller, acme: Tenant) -> None:
    sent = jsonl({"content": "one"}, {"content": ""})
    answer = ada.raw("POST", "imports?dry_run=true", sent, **{"Content-Type": "application/x-ndjson"})
    assert answer.status_code == 202
    body = answer.json()
    assert answer["Location"] == f"/api/v1/imports/{body['id']}"
    with tenant_context(acme):
        transfers.pending()
    _, after = ada.get(f"imports/{body['id']}")
    assert (after["state"], after["counts"]) == ("done", {"created": 1, "merged": 0, "failed": 1})
    assert after["errors"][0]["line"] == 2
    assert ada.get("memories")[1]["data"] == []


def test_what_cannot_be_imported_is_refused(ada: Caller, settings: Any) -> None:
    settings.IMPORT_LIMIT_BYTES = 10
    answer = ada.raw("POST", "imports", b"x" * 11, **{"Content-Type": "text/csv"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert ada.raw("POST", "imports", b"{}").status_code == 415
    assert ada.get("imports")[1]["data"] == []
    status, body = ada.post("exports", {"filters": {"colour": 1}})
    assert (status, body["code"]) == (400, "bad_filter")


def test_a_transfer_can_be_stopped(ada: Caller, acme: Tenant) -> None:
    body = ada.raw("POST", "imports", jsonl({"content": "x"}), **{"Content-Type": "application/x-ndjson"}).json()
    assert ada.post(f"imports/{body['id']}/cancel", None)[1]["state"] == "cancelled"
    with tenant_context(acme):
        assert transfers.pending() == 0
    assert ada.get("memories")[1]["data"] == []


def test_transfers_are_ones_own(ada: Caller, ben: Caller) -> None:
    theirs = ben.post("exports", {})[1]["id"]
    for path in (f"exports/{theirs}", f"exports/{theirs}/file", f"imports/{theirs}"):
        assert ada.get(path)[0] == 404
    assert ada.post(f"exports/{theirs}/cancel", None)[0] == 404
    assert ben.get(f"imports/{theirs}")[0] == 404
    assert ada.get(f"exports/{uuid.uuid4()}")[0] == 404


def test_lists_cost_a_known_number_of_queries(ada: Caller) -> None:
    for _ in range(3):
        ada.post("exports", {})
    with costs(2):  # key, page
        assert len(ada.get("exports?limit=2")[1]["data"]) == 2


@pytest.mark.parametrize("form", ["application/x-ndjson", "text/csv"])
def test_an_import_of_nothing_is_refused(ada: Caller, form: str) -> None:
    answer = ada.raw("POST", "imports", b"", **{"Content-Type": form})
    assert (answer.status_code, answer.json()["code"]) == (422, "not_valid")
