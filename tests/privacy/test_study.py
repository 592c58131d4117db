"""A person in the study: learning history, tracked events, traces and counts are told to them, and forget them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from analytics import counts, rollups
from analytics.counts import Cell, Span
from analytics.models import Count, LearningEvent, Trace, TrackedEvent
from memory import portability, sessions, transfers
from memory.models import Erasure, Transfer
from memory.portability import Selection
from memory.privacy import erase
from memory.privacy.subjects import Subject
from memory.types import Scope, SessionDraft
from tenants.models import Tenant
from tests.conftest import Caller, costs

HOUR = datetime(2026, 11, 2, 9, tzinfo=UTC)
Erasing = Callable[..., Erasure]


def learned(**fields: Any) -> LearningEvent:
    return LearningEvent.objects.create(**{"type": "training", "domain": "desk", "signature": "x", **fields})


def tracked(**fields: Any) -> TrackedEvent:
    return TrackedEvent.objects.create(**{"name": "order.placed", "domain": "desk", **fields})


def traced(**fields: Any) -> Trace:
    given = {"kind": "recall", "why": "sampled", "operation": "search", "took_ms": 3.0, **fields}
    return Trace.objects.create(**given)


def left(model: Any) -> set[Any]:
    return set(model.objects.values_list("pk", flat=True))


def test_events_of_a_user_go_and_those_of_others_stay(in_acme: Tenant, erased: Erasing) -> None:
    learned(user_id="ada")
    tracked(user_id="ada")
    ben = learned(user_id="ben", input={"says": "the adage"}), tracked(user_id="ben")
    row = erased("user", "ada")
    assert (row.counts["learning_events"], row.counts["tracked_events"]) == (1, 1)
    assert (left(LearningEvent), left(TrackedEvent)) == ({ben[0].pk}, {ben[1].pk})


@pytest.mark.parametrize("column", ["input", "context", "output", "metadata"])
def test_an_event_that_says_the_name_anywhere_goes(in_acme: Tenant, erased: Erasing, column: str) -> None:
    learned(**{column: {"asked": ["about", {"by": "Ada Lovelace"}]}})
    learned(explanation="as ada lovelace said")
    other = learned(**{column: {"by": "Ada Lovelace's cat"}})
    erased("person", "ada lovelace")
    assert left(LearningEvent) == {other.pk}


def test_an_event_of_their_session_goes_though_it_names_nobody(in_acme: Tenant, erased: Erasing) -> None:
    sessions.open_session(SessionDraft(Scope(namespace="desk", user_id="ada", session_id="s1"), "", {}))
    learned(session_id="s1")
    bens = learned(session_id="s1", user_id="ben"), learned(session_id="s1", domain="elsewhere"), learned()
    erased("user", "ada")
    assert left(LearningEvent) == {event.pk for event in bens}


def test_what_an_agent_did_goes(in_acme: Tenant, erased: Erasing) -> None:
    learned(agent="bot", user_id="ben")
    tracked(agent="bot")
    other = learned(agent="bottle")
    erased("agent", "bot")
    assert (left(LearningEvent), left(TrackedEvent)) == ({other.pk}, set())


def test_a_trace_goes_whose_query_says_the_name_or_that_was_asked_of_them(in_acme: Tenant, erased: Erasing) -> None:
    traced(user_id="ada", told={"query": "her knee"})
    traced(told={"query": 'where does "Ada" live'})
    other = traced(user_id="ben", told={"query": "his knee"})
    row = erased("user", "ada")
    assert row.counts["traces"] == 2
    assert left(Trace) == {other.pk}


def test_the_hours_of_what_went_are_counted_anew(in_acme: Tenant, erased: Erasing) -> None:
    learned(user_id="ada", agent="bot", occurred_at=HOUR), learned(user_id="ben", agent="bot", occurred_at=HOUR)
    tracked(user_id="ada", occurred_at=HOUR)
    rollups.recount(Span(HOUR, HOUR + timedelta(hours=1)))
    rollups.run()
    assert [count("learning_events"), count("tracked")] == [2, 1]
    erased("user", "ada")
    rollups.run()
    assert [count("learning_events"), count("tracked")] == [1, 0]
    erased("agent", "bot")
    rollups.run()
    assert not Count.objects.filter(agent="bot").exists()
    assert count("learning_events") == 0


def count(metric: str) -> int:
    return sum(point.n for point in counts.series(metric, Span(HOUR, HOUR + timedelta(hours=1))))


def test_more_than_a_slice_goes_in_slices(in_acme: Tenant, erased: Erasing) -> None:
    rows = [LearningEvent(type="training", domain="desk", user_id="ada", signature="x") for _ in range(450)]
    LearningEvent.objects.bulk_create(rows)
    assert erased("user", "ada").counts["learning_events"] == 450


def test_counts_forget_the_agent_and_count_the_same(in_acme: Tenant, erased: Erasing) -> None:
    buckets = [1, 2, *[0] * 49]
    for agent, n in (("bot", 3), ("", 4), ("other", 5)):
        counts.add([Cell("searches", HOUR, "found", "desk", "shop", agent, n, 2.0 * n, 1.0, n, buckets)])
    before = counts.series("searches", Span(HOUR, HOUR + timedelta(hours=1)), group="domain", histogram=True)
    erased("agent", "bot")
    after = counts.series("searches", Span(HOUR, HOUR + timedelta(hours=1)), group="domain", histogram=True)
    assert after == before
    rows = Count.objects.filter(whole=False).order_by("agent").values_list("agent", "n", "total", "most", "buckets")
    assert list(rows) == [("", 7, 14.0, 4.0, [2, 4, *[0] * 49]), ("other", 5, 10.0, 5.0, buckets)]


def test_a_preview_counts_what_an_erasure_takes(in_acme: Tenant) -> None:
    learned(user_id="ada"), tracked(user_id="ada"), traced(user_id="ada")
    found = erase.preview(Subject("user", "ada")).found
    assert [found[name] for name in ("learning_events", "tracked_events", "traces", "counts")] == [1, 1, 1, 0]


def exported(subject: Subject) -> list[dict[str, Any]]:
    data = b"".join(portability.export(Selection(subject=subject), "jsonl"))
    return [json.loads(line) for line in data.splitlines()]


def test_an_export_of_a_person_tells_their_study(in_acme: Tenant) -> None:
    event = learned(user_id="ada", type="correction", input={"q": "?"}, occurred_at=HOUR)
    tracked(user_id="ada"), traced(user_id="ada", told={"query": "tea"}), learned(user_id="ben")
    told = {line["type"]: line for line in exported(Subject("user", "ada"))[1:]}
    assert set(told) == {"learning_event", "tracked_event", "trace"}
    line = told["learning_event"]
    assert (line["id"], line["learning_event_type"], line["input"]) == (str(event.pk), "correction", {"q": "?"})
    assert line["occurred_at"] == HOUR.isoformat()
    assert told["trace"]["told"] == {"query": "tea"}


def test_an_export_tells_nothing_of_others_where_letters_of_theirs_are_the_name(in_acme: Tenant) -> None:
    traced(user_id="ben", told={"asked": {"text": "what does he fear at 1 o'clock"}})
    learned(user_id="ben", explanation="1 of 2 was right")
    assert len(exported(Subject("user", "1"))) == 1
    named = traced(user_id="ben", told={"asked": {"people": ["1"]}})
    assert [line["id"] for line in exported(Subject("user", "1"))[1:]] == [str(named.pk)]


def test_an_export_of_memories_tells_no_study(in_acme: Tenant) -> None:
    learned(user_id="ada")
    data = b"".join(portability.export(Selection(Scope(user_id="ada")), "jsonl"))
    assert len(data.splitlines()) == 1


def test_an_import_passes_over_what_is_told_alone(in_acme: Tenant, tmp_path: Any) -> None:
    learned(user_id="ada")
    data = b"".join(portability.export(Selection(subject=Subject("user", "ada")), "jsonl"))
    LearningEvent.objects.all().delete()
    with (tmp_path / "ada").open("wb+") as file:
        file.write(data)
        file.seek(0)
        row = transfers.start_import(file, "jsonl", dry_run=False, limit=10**6)
    transfers.pending()
    row = Transfer.objects.get(pk=row.pk)
    assert (row.state, row.counts, row.errors) == ("done", {"created": 0, "merged": 0, "failed": 0}, [])
    assert not LearningEvent.objects.exists()


def test_a_line_whose_type_is_a_list_is_refused(in_acme: Tenant) -> None:
    with pytest.raises(portability.BadRow):
        portability.hear_json(b'{"type": ["trace"]}')


def test_another_tenants_study_is_neither_told_nor_erased(acme: Tenant, globex: Tenant, erased: Erasing) -> None:
    from django_tenants.utils import tenant_context

    with tenant_context(globex):
        theirs = learned(user_id="ada")
    with tenant_context(acme):
        erased("user", "ada")
        assert len(exported(Subject("user", "ada"))) == 1
    with tenant_context(globex):
        assert left(LearningEvent) == {theirs.pk}


def test_looking_for_nobody_costs_one_statement_a_store(in_acme: Tenant, ada: Caller) -> None:
    from analytics import privacy

    with costs(3):
        for rows in (privacy.learned_of, privacy.tracked_of, privacy.traced_of):
            assert rows(Subject("user", "nobody")).count() == 0
