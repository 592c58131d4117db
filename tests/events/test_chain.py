"""The chain over the ledger: what was told cannot be changed in silence."""

import hashlib
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from events import actors, audit, chain, forgetting, ledger, nightly, relay, verify
from events.models import Anchor, Event, Stream
from memory.remember import remember
from memory.types import Draft, Scope
from tenants.models import Tenant

DOCS = Path(__file__).resolve().parents[2] / "docs/audit.md"


@pytest.fixture
def told(in_acme: Tenant) -> Tenant:
    """Six chained facts in acme."""
    with actors.asked_from("192.0.2.7", "request-7"), actors.acting_as("key:ada"):
        for number in range(6):
            remember(Draft(f"note {number}", scope=Scope(user_id=f"user {number}")))
    relay.drain()
    return in_acme


def sql(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def remove(tenant: Tenant, seq: int) -> None:
    sql("DELETE FROM events_event WHERE tenant_id = %s AND seq = %s", tenant.id, seq)


def change(column: str) -> Callable[[Tenant], None]:
    return lambda t: sql(f"UPDATE events_event SET {column} WHERE tenant_id = %s AND seq = 3", t.id)  # noqa: S608  ours


def swap(tenant: Tenant) -> None:
    for was, now in ((3, -1), (4, 3), (-1, 4)):
        sql("UPDATE events_event SET seq = %s WHERE tenant_id = %s AND seq = %s", now, tenant.id, was)


def insert_between(tenant: Tenant) -> None:
    """A made-up fact takes number 3; those after it move on by one, and the stream knows of them."""
    sql("UPDATE events_event SET seq = -seq - 1 WHERE tenant_id = %s AND seq >= 3", tenant.id)
    sql("UPDATE events_event SET seq = -seq WHERE tenant_id = %s AND seq < 0", tenant.id)
    sql(
        "INSERT INTO events_event (id, tenant_id, seq, type, subject_type, subject_id, actor, data, occurred_at, hash)"
        " SELECT gen_random_uuid(), tenant_id, 3, type, subject_type, subject_id, actor, data, occurred_at, hash"
        " FROM events_event WHERE tenant_id = %s AND seq = 2",
        tenant.id,
    )
    sql("UPDATE events_stream SET last_seq = 7, chained_seq = 7 WHERE tenant_id = %s", tenant.id)


def append(tenant: Tenant) -> None:
    sql("UPDATE events_event SET seq = 9 WHERE tenant_id = %s AND seq = 6", tenant.id)


def close_the_gap(tenant: Tenant) -> None:
    remove(tenant, 3)
    sql("UPDATE events_event SET seq = seq - 1 WHERE tenant_id = %s AND seq > 3", tenant.id)
    sql("UPDATE events_stream SET last_seq = 5, chained_seq = 5 WHERE tenant_id = %s", tenant.id)


def test_a_chain_that_nobody_touched_holds(told: Tenant) -> None:
    verdict = verify.verify_all(told.id)
    assert (verdict.complete, verdict.to, verdict.total) == (True, 6, 6)


@pytest.mark.parametrize(
    ("tamper", "seq", "reason"),
    [
        (change("type = 'memory.deleted'"), 3, "changed"),
        (change("actor = 'user:mallory'"), 3, "changed"),
        (change("ip = '198.51.100.1'"), 3, "changed"),
        (change("request_id = 'another'"), 3, "changed"),
        (change("key_id = gen_random_uuid()"), 3, "changed"),
        (change("person_id = gen_random_uuid()"), 3, "changed"),
        (change("subject_id = 'other'"), 3, "changed"),
        (change("occurred_at = occurred_at + interval '1 second'"), 3, "changed"),
        (change("data = data || '{\"user_id\": \"mallory\"}'"), 3, "changed"),
        (change("data = data || '{\"version\": 2}'"), 3, "changed"),
        (change("salt = NULL"), 3, "changed"),
        (change("hash = NULL"), 3, "unchained"),
        (change("hash = 'x'"), 3, "changed"),
        (lambda t: remove(t, 1), 1, "missing"),
        (lambda t: remove(t, 3), 3, "missing"),
        (lambda t: remove(t, 6), 6, "head"),
        (close_the_gap, 3, "changed"),
        (swap, 3, "changed"),
        (insert_between, 3, "changed"),
        (append, 6, "head"),
        (lambda t: sql("DELETE FROM events_stream"), 1, "head"),
    ],
)  # fmt: skip
def test_what_is_done_to_the_rows_shows(told: Tenant, tamper: Callable[[Tenant], None], seq: int, reason: str) -> None:
    tamper(told)
    verdict = verify.verify_all(told.id)
    assert (verdict.intact, verdict.seq, verdict.reason) == (False, seq, reason)


def test_facts_cut_off_at_the_end_with_their_stream_show_by_the_anchor_alone(told: Tenant) -> None:
    verify.anchor(told.id)
    head = Event.objects.get(tenant_id=told.id, seq=5).hash
    remove(told, 6)
    sql("UPDATE events_stream SET last_seq = 5, chained_seq = 5, head = %s WHERE tenant_id = %s", head, told.id)
    assert verify.verify_all(told.id).reason == "anchor"
    Anchor.objects.all().delete()
    assert verify.verify_all(told.id).intact


def test_a_chain_made_anew_shows_by_the_anchor_and_by_a_head_that_was_kept(told: Tenant) -> None:
    kept = Stream.objects.get(tenant_id=told.id)
    assert verify.anchor(told.id) is not None
    assert verify.anchor(told.id) is None
    assert verify.held(told.id, kept.chained_seq, kept.head.upper())
    change("actor = 'user:mallory'")(told)
    sql("UPDATE events_stream SET chained_seq = 0, head = '' WHERE tenant_id = %s", told.id)
    relay.drain()
    assert (verify.verify_all(told.id).reason, verify.verify_all(told.id).seq) == ("anchor", 6)
    assert not verify.held(told.id, kept.chained_seq, kept.head)
    Anchor.objects.update(hash=Stream.objects.get(tenant_id=told.id).head)
    assert verify.verify_all(told.id).reason == "anchor"


def test_a_chain_is_checked_a_page_at_a_time(told: Tenant) -> None:
    first = verify.verify(told.id, limit=4)
    assert (first.intact, first.complete, first.to) == (True, False, 4)
    assert verify.verify(told.id, first.to).complete
    assert verify.verify(told.id, 6).complete
    assert verify.verify(told.id, 7).reason == "missing"


def test_tenants_have_chains_of_their_own(told: Tenant, globex: Tenant) -> None:
    with transaction.atomic():
        ledger.record("tenant.created", globex, tenant_id=globex.id, slug="globex")
        connection.set_schema_to_public()
        ledger.record("audit.broken", seq=1, reason="changed")
    relay.drain()
    change("actor = 'x'")(told)
    assert not verify.verify_all(told.id).intact
    assert (verify.verify_all(globex.id).total, verify.verify_all(None).total) == (1, 1)
    assert verify.verify_all(None).complete


def test_facts_of_an_older_version_are_chained_by_the_relay(told: Tenant) -> None:
    sql("UPDATE events_event SET hash = NULL, salt = NULL")
    sql("UPDATE events_stream SET chained_seq = 0, head = ''")
    remember(Draft("one more"))
    relay.drain()
    assert (verify.verify_all(told.id).complete, verify.verify_all(told.id).total) == (True, 7)


def test_a_person_is_taken_out_and_the_chain_still_holds(told: Tenant) -> None:
    verify.anchor(told.id)
    remember(Draft("not numbered yet", scope=Scope(user_id="user 2")))
    assert forgetting.forget(told.id, "user_id", "user 2") == 2
    assert "user 2" not in json.dumps([chain.exported(event) for event in audit.chained(told.id)])
    assert verify.verify_all(told.id).complete
    sql('UPDATE events_event SET data = data || \'{"user_id": "sha256:made up"}\' WHERE seq = 3')
    assert verify.verify_all(told.id).reason == "changed"
    with pytest.raises(ValueError, match="kind"):
        forgetting.forget(told.id, "kind", "fact")


def test_the_night_tells_of_a_broken_chain_and_anchors_a_whole_one(told: Tenant) -> None:
    assert nightly.run() == 0
    assert Anchor.objects.get().seq == 6
    change("actor = 'x'")(told)
    assert nightly.run() == 1
    event = Event.objects.get(type="audit.broken")
    assert (event.tenant_id, event.data) == (told.id, {"seq": 3, "reason": "changed"})
    assert Anchor.objects.count() == 1


def test_a_night_that_was_too_short_goes_on_in_the_next(told: Tenant, monkeypatch: Any) -> None:
    monkeypatch.setattr(verify, "PAGE", 2)
    Stream.objects.filter(tenant_id=told.id).update(verified_seq=4)
    change("actor = 'x'")(told)
    assert nightly.run() == 0
    assert Stream.objects.get(tenant_id=told.id).verified_seq == 0
    assert nightly.run() == 1


def test_the_command_says_which_chain_is_broken(told: Tenant) -> None:
    out = io.StringIO()
    call_command("audit", "verify", "--tenant", "acme", stdout=out)
    head = Stream.objects.get(tenant_id=told.id).head
    assert out.getvalue() == f"acme: 6 facts, head {head}\n"
    change("actor = 'x'")(told)
    err = io.StringIO()
    with pytest.raises(CommandError):
        call_command("audit", "verify", stdout=out, stderr=err)
    assert err.getvalue().startswith("acme: broken at 3: ")
    with pytest.raises(CommandError):
        call_command("audit", "verify", "--tenant", "nobody")


def outsider(lines: str, tmp_path: Path) -> str:
    """What the program in docs/audit.md prints about an export."""
    program = re.search(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert program is not None
    assert len(program[1].splitlines()) <= 20
    file = tmp_path / "audit.jsonl"
    file.write_text(lines)
    return subprocess.run([sys.executable, "-c", program[1], file], capture_output=True, text=True, check=True).stdout


def test_an_outsider_checks_an_export_with_the_program_of_the_docs(told: Tenant, tmp_path: Path) -> None:
    forgetting.forget(told.id, "user_id", "user 2")
    out = io.StringIO()
    call_command("audit", "export", "--tenant", "acme", stdout=out)
    head = Stream.objects.get(tenant_id=told.id).head
    assert outsider(out.getvalue(), tmp_path) == f"whole: 6 facts, head {head}\n"
    assert "broken at 4" in outsider(out.getvalue().replace('"user 3"', '"user x"'), tmp_path)
    without_second = "".join(out.getvalue().splitlines(keepends=True)[:1] + out.getvalue().splitlines(True)[2:])
    assert "broken at 2" in outsider(without_second, tmp_path)


TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=8)
VALUES = st.one_of(TEXT, st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), st.none())


@given(data=st.dictionaries(TEXT, VALUES, max_size=4), name=TEXT)
def test_a_row_that_went_through_json_has_the_same_hash(data: dict[str, Any], name: str) -> None:
    told = {"seq": 1, "data": data | {"user_id": name}}
    again = json.loads(json.dumps(told))
    assert chain.link(chain.BEGINNING, told, "5a17") == chain.link(chain.BEGINNING, again, "5a17")
    assert chain.link(chain.BEGINNING, told, "5a17") != chain.link(chain.BEGINNING, told, "5a18")


def test_the_formula_is_the_one_of_the_docs() -> None:
    told = {"b": 1, "a": "é", "data": {"user_id": "ada", "version": 1}}
    name = hashlib.sha256(b"\x5a\x17" + b"ada").hexdigest()
    canonical = f'{{"a":"é","b":1,"data":{{"user_id":"sha256:{name}","version":1}}}}'
    assert chain.link("0" * 64, told, "5a17") == hashlib.sha256(("0" * 64 + canonical).encode()).hexdigest()


def test_a_fact_says_who_asked_and_from_where(ada: Any, acme: Tenant) -> None:
    ada.post("memories", {"content": "Tea."}, X_Request_Id="my-request-1")
    event = Event.objects.get(type="memory.created")
    key = UUID(Event.objects.get(type="key.issued").subject_id)
    assert (event.ip, event.request_id, event.key_id, event.person_id) == ("127.0.0.1", "my-request-1", key, None)
    assert event.actor.startswith("key:")


@pytest.mark.parametrize(
    ("said", "kept"), [("127.0.0.1", "127.0.0.1"), ("fe80::1%eth0", "fe80::1"), ("", None), ("/run/web.sock", None)]
)
def test_an_address_that_is_none_is_left_out(said: str, kept: str | None) -> None:
    with actors.asked_from(said, "x"):
        assert actors.acting().ip == kept
