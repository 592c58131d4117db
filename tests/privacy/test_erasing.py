"""Erasing a person: what goes, what stays, and what a receipt says."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as configured
from django.db import connection
from django.utils import timezone

from events import relay, verify
from events.models import Event
from memory import reports, reviews, transfers
from memory.errors import ReviewRefused, Unconfirmed
from memory.models import Erasure, Memory, Passage, Relation, Report, Review, Session, Transfer, Version
from memory.privacy import erase, erasers, receipts
from memory.privacy.subjects import Subject
from memory.recall import recall
from memory.relations import relate
from memory.remember import remember
from memory.revise import erase as delete
from memory.revise import revise
from memory.tiers import cold, hot
from memory.types import Draft, Query, Scope
from memory.upkeep import embed
from tenants.models import Tenant
from tests.privacy.conftest import CANARY, files

ADA = Scope(user_id="ada")


def said(words: str, scope: Scope = ADA, **fields: Any) -> Memory:
    return Memory.objects.get(pk=remember(Draft(words, scope, **fields), wait=True).id)


def test_everything_of_a_user_goes_and_the_others_stay(in_acme: Tenant, erased: Callable[..., Erasure]) -> None:
    one = said(f"I keep a {CANARY}.", Scope(user_id="ada", session_id="s1"))
    revise(one.pk, {"content": f"I kept a {CANARY}."})
    delete(said(f"Forget the {CANARY}.").pk)
    said("Expired.", expires_at=timezone.now() - timedelta(hours=1))
    ben = said("Ben's own.", Scope(user_id="ben"))
    relate(one.pk, ben.pk, "supports")
    long = said("word " * 3000)
    embed.pending()
    assert Passage.objects.filter(memory=long).exists()
    row = erased("user", "ada")
    assert list(Memory.objects.values_list("pk", flat=True)) == [ben.pk]
    assert [rows.objects.count() for rows in (Version, Relation, Session, Passage)] == [0, 0, 0, 0]
    told = {name: count for name, count in row.counts.items() if count}
    assert told.pop("passages") > 1
    assert told.pop("facts") > 4
    assert told == {"memories": 4, "versions": 2, "relations": 1, "sessions": 1}


def test_a_person_goes_with_every_memory_that_mentions_or_quotes_them(
    in_acme: Tenant, erased: Callable[..., Erasure]
) -> None:
    said("They met.", people=("ADA Lovelace", "Ben"))
    said("I wrote it.", author="Ada Lovelace")
    stays = said("Ada Lovelace was a name.")
    assert erase.preview(Subject("person", "ada lovelace")).mentions == 1
    erased("person", "ada lovelace")
    assert list(Memory.objects.values_list("pk", flat=True)) == [stays.pk]


def test_a_kept_version_that_mentions_them_goes_alone(in_acme: Tenant, erased: Callable[..., Erasure]) -> None:
    mine = said("They met.", people=("Ada",))
    revise(mine.pk, {"people": []})
    row = erased("person", "Ada")
    assert row.counts["versions"] == 1
    assert Memory.objects.filter(pk=mine.pk).exists()
    assert not Version.objects.exists()


def test_an_agent_leaves_the_sessions_of_others(in_acme: Tenant, erased: Callable[..., Erasure]) -> None:
    said("Agent speaks.", Scope(user_id="ada", agent_id="bot", session_id="s1"))
    said("Ada speaks.", Scope(user_id="ada", session_id="s1"))
    erased("agent", "bot")
    assert Memory.objects.get().content == "Ada speaks."
    assert Session.objects.get().agent_id == ""


def test_who_was_said_just_before_leaves_the_next_ones_vectors(in_acme: Tenant, erased: Callable[..., Erasure]) -> None:
    said(f"The {CANARY}!", Scope(user_id="ada", session_id="s1", agent_id="bot"))
    after = said("And?", Scope(user_id="ada", session_id="s1"))
    revise(after.pk, {"tags": ["x"]})
    erased("agent", "bot")
    assert Memory.objects.get(pk=after.pk).embedding is None
    assert Version.objects.get(memory=after).embedding is None


def test_content_in_the_cold_and_in_the_hot_tier_goes(
    in_acme: Tenant, erased: Callable[..., Erasure], storage: Path
) -> None:
    mine = said(f"The {CANARY}.")
    cold.archive(mine.pk)
    cold.objects.put(f"{cold.folder()}/{mine.pk}/0-left-by-a-dead-worker.bin", b"x")
    cold.told(Memory.objects.get(pk=mine.pk))
    assert hot.get_many([Memory.objects.get(pk=mine.pk)])
    row = erased("user", "ada")
    assert row.counts["cold_objects"] == 2
    assert files(storage) == []
    assert hot.get_many([mine]) == {}
    hot.put(Memory(pk=mine.pk, version=mine.version, content=CANARY))  # a reader that was slow
    assert hot.get_many([mine]) == {}


def test_files_of_exports_go_but_for_those_of_others(in_acme: Tenant, erased: Callable[..., Erasure]) -> None:
    said(f"The {CANARY}.")
    every = transfers.start_export({}, "jsonl")
    hers = transfers.start_export({"user_id": "ada"}, "jsonl")
    named = transfers.start_export({"user_id": "ben", "filters": {"people": {"any": ["ada"]}}}, "jsonl")
    bens = transfers.start_export({"user_id": "ben"}, "jsonl")
    transfers.pending()
    row = erased("user", "ada")
    assert row.counts["exports"] == 3
    assert list(Transfer.objects.values_list("pk", flat=True)) == [bens.pk]
    for gone in (every, hers, named):
        assert list(transfers.objects.under(f"{transfers._folder()}/{gone.pk}")) == []


def test_vectors_asked_for_before_are_dropped(in_acme: Tenant, erased: Callable[..., Erasure]) -> None:
    from django.core.cache import cache

    cache.set(f"vector:some-model:{'0' * 64}", b"x")
    assert erased("user", "ada").counts["vectors"] >= 1
    assert cache.get(f"vector:some-model:{'0' * 64}") is None


def test_nothing_is_erased_without_the_right_count(in_acme: Tenant) -> None:
    mine = said("One.")
    for wrong in (None, 2):
        with pytest.raises(Unconfirmed):
            erase.request(Subject("user", "ada"), wrong)
    Memory.objects.filter(pk=mine.pk).update(created_at=timezone.now() - erase.RECENT)
    for wrong in (None, 0, 2):
        with pytest.raises(Unconfirmed) as error:
            erase.request(Subject("user", "ada"), wrong)
        assert error.value.count == 1
    assert not Erasure.objects.exists()


def test_asked_again_it_is_the_same_erasure(in_acme: Tenant) -> None:
    subject = Subject("user", "ada")
    first, new = erase.request(subject, 0)
    again, newer = erase.request(subject, 99)
    assert (first.pk, new, newer) == (again.pk, True, False)


def test_a_killed_erasure_goes_on_where_it_was(
    in_acme: Tenant, erased: Callable[..., Erasure], storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(pk: Any) -> None:
        raise Killed

    mine = said(f"The {CANARY}.")
    cold.archive(mine.pk)
    erase.request(Subject("user", "ada"), 1)
    with monkeypatch.context() as patch:
        patch.setattr(cold, "purge", die)
        with pytest.raises(Killed):
            erase.pending()
    assert not Memory.objects.exists()
    assert len(files(storage)) == 1
    assert erase.pending() == 0  # its lease holds
    Erasure.objects.update(leased_until=timezone.now())
    assert erase.pending() == 1
    row = Erasure.objects.get()
    assert (row.state, row.counts["memories"], row.counts["cold_objects"]) == ("done", 1, 1)
    assert files(storage) == []


def test_a_store_that_is_away_is_tried_again_and_then_failed(in_acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    from memory.errors import Unreadable

    def away(ids: Any) -> None:
        raise Unreadable("hot copies cannot be taken away")

    said("One.")
    erase.request(Subject("user", "ada"), 1)
    with monkeypatch.context() as patch:
        patch.setattr(hot, "bury", away)
        for _ in range(erase.TRIES + 1):
            Erasure.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
            erase.pending()
    row = Erasure.objects.get()
    assert (row.state, row.reason) == ("failed", "hot copies cannot be taken away")
    assert Memory.objects.exists()
    again, new = erase.request(Subject("user", "ada"), None)
    assert (again.pk, new) == (row.pk, False)
    erase.pending()
    assert not Memory.objects.exists()


def test_a_receipt_can_be_verified_and_not_forged(in_acme: Tenant, erased: Callable[..., Erasure]) -> None:
    said("One.")
    row = erased("user", "ada")
    receipt = json.loads(json.dumps(row.receipt))
    assert receipt["erased"]["memories"] == 1
    assert set(receipt["remaining"].values()) == {0}
    assert receipts.is_ours(receipt)
    assert receipts.is_about(receipt, Subject("user", "ada"))
    assert not receipts.is_about(receipt, Subject("user", "ben"))
    assert not receipts.is_ours(receipt | {"confirmed": 2})
    assert not receipts.is_ours({})
    assert "ada" not in [value for part in receipt.values() if isinstance(part, dict) for value in part.values()]


def test_the_name_is_gone_from_the_row_and_the_facts_hold_no_content(
    in_acme: Tenant, erased: Callable[..., Erasure]
) -> None:
    said(f"The {CANARY}.", author=f"{CANARY} author")
    row = erased("user", "ada")
    assert bytes(row.sealed) == b""
    facts = Event.objects.filter(tenant_id=in_acme.pk)
    assert not [fact for fact in facts if CANARY in json.dumps(fact.data)]
    kinds = facts.filter(subject_id=str(row.pk)).order_by("id").values_list("type", flat=True)
    assert list(kinds) == ["erasure.requested", "erasure.completed"]
    assert not facts.filter(data__user_id="ada").exists()
    assert row.counts["facts"] > 0
    relay.drain()
    assert verify.verify_all(in_acme.pk).complete


def test_an_erased_memory_is_not_recalled(in_acme: Tenant, erased: Callable[..., Erasure]) -> None:
    said(f"The {CANARY}.")
    assert recall(Query(CANARY)).hits
    erased("user", "ada")
    assert not recall(Query(CANARY)).hits


def test_a_mark_is_the_tenants_own(acme: Tenant, globex: Tenant) -> None:
    from django_tenants.utils import tenant_context

    marks = []
    for tenant in (acme, globex):
        with tenant_context(tenant):
            marks += Subject("user", "ada").marks()
    assert len(set(marks)) == len(marks)


def test_a_mark_is_known_after_the_keys_were_rotated(in_acme: Tenant, settings: Any) -> None:
    settings.DATA_KEYS = ["old" * 12]
    before = Subject("user", "ada").marks()[0]
    settings.DATA_KEYS = ["new" * 12, "old" * 12]
    assert before in Subject("user", "ada").marks()


def test_every_table_of_a_tenant_has_its_eraser() -> None:
    # An erasure holds a keyed digest, and the name sealed while it runs; the tally holds sums.
    ours = {"memory_erasure", "memory_tally"}
    named = {model._meta.db_table for eraser in erasers.all_erasers() for model in eraser.tables}
    there = {
        model._meta.db_table
        for app in configured.TENANT_APPS
        for model in apps.get_app_config(app.split(".")[-1]).get_models(include_auto_created=True)
    }
    assert there - named == ours


def test_no_table_of_a_schema_is_forgotten(in_acme: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        tables = {name for (name,) in cursor.fetchall()}
    named = {model._meta.db_table for eraser in erasers.all_erasers() for model in eraser.tables}
    assert tables - named == {"memory_erasure", "memory_tally", "django_migrations"}


def test_what_upkeep_found_of_them_goes_too(in_acme: Tenant, erased: Callable[..., Erasure]) -> None:
    pair = [said("Ada drinks tea."), said("Ada drinks her tea.")]
    others = [said(words, Scope(user_id="ben"), people=("Ada",)) for words in ("They met.", "They met there.")]
    for first, second in (pair, others):
        told = {"kind": "duplicate", "first": first.pk, "second": second.pk, "score": 0.9, "reason": "soft"}
        reviews.propose(told)
    reviews.decide(Review.objects.get(user_id="ben").pk, "merge")
    for user in ("ada", "ben", ""):
        reports.keep({"namespace": "", "user_id": user, "overall_score": 1.0, "status": "critical"})
    row = erased("user", "ada")
    assert (row.counts["reviews"], row.counts["reports"]) == (1, 2)
    assert sum(row.receipt["remaining"].values()) == 0
    assert Review.objects.get().user_id == Report.objects.get().user_id == "ben"


def test_a_decision_about_others_forgets_whom_they_mentioned(in_acme: Tenant, erased: Callable[..., Erasure]) -> None:
    ben = Scope(user_id="ben")
    first, second = said("They met.", ben, people=("Ada",)), said("They met there.", ben, people=("Cleo",))
    told = {"kind": "duplicate", "first": first.pk, "second": second.pk, "score": 0.9, "reason": "soft"}
    key = reviews.propose(told)["review"]
    reviews.decide(key, "merge")
    for memory in (first, second):
        Memory.objects.filter(pk=memory.pk).update(people=[])
    row = erased("person", "ada")
    assert row.counts["reviews"] == 1
    assert Review.objects.get().outcome == {}
    with pytest.raises(ReviewRefused):
        reviews.undo(key)
