"""Long sessions and what is old get summaries: once, of one user each, with links to all that they sum up."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from memory import candidates
from memory.llm import base
from memory.models import Memory, Relation
from memory.recall import recall
from memory.remember import remember_many
from memory.revise import erase
from memory.types import Draft, Query, Scope
from memory.upkeep import embed, steps, summarize
from memory.upkeep.plan import EVERYBODY, Change, Reach
from memory.upkeep.summarize import Options
from tenants.models import Tenant
from tests.conftest import costs

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
THEN = datetime(2026, 3, 10, 12, tzinfo=UTC)
PLACES = ("Lisbon", "Graz", "Bonn", "Porto", "Oslo", "Turin", "Ghent", "Malmo", "Cork", "Lyon")


def said(
    count: int, *, session: str = "s", user: str = "u", at: datetime = NOW, first: int = 0, **more: Any
) -> list[Draft]:
    """A talk of Ada and Ben."""
    scope = Scope(user_id=user, session_id=session, namespace=more.pop("namespace", ""))
    return [
        Draft(
            f"I visited my aunt in {PLACES[n % 10]} on trip number {n} with bicycle {n}.",
            scope, kind="message", author=("Ada", "Ben")[n % 2], event_time=at + timedelta(minutes=n), **more,
        )
        for n in range(first, first + count)
    ]  # fmt: skip


def planned(options: Options = Options(), reach: Reach = EVERYBODY) -> list[Change]:  # noqa: B008  it is frozen
    return list(summarize.plan(reach, options, NOW))


def done(options: Options = Options()) -> list[Change]:  # noqa: B008  it is frozen
    run, changes = uuid4(), planned(options)
    steps.lay(run, changes)
    while steps.take(run, lambda done: None):
        pass
    return [change for change in changes if change.effect]


def summaries() -> list[Memory]:
    return list(Memory.objects.live().filter(kind="summary").order_by("id"))


def test_a_long_session_gets_a_summary_with_links_to_all_that_was_said(in_acme: Tenant) -> None:
    sources = {outcome.id for outcome in remember_many(said(20, tags=("trip",)))}
    assert len(done()) == 1
    (summary,) = summaries()
    assert summary.content.startswith("Ada and Ben talked on 1 November 2026. ")
    links = Relation.objects.filter(source=summary, type="derived_from")
    assert set(links.values_list("target", flat=True)) == sources
    assert (summary.user_id, summary.session_id, summary.source) == ("u", "", "summarize")
    assert (summary.tags, summary.people) == (["trip"], ["Ada", "Ben"])
    assert summary.event_time == NOW + timedelta(minutes=19)
    assert summary.metadata == {
        "session_id": "s", "from": NOW.isoformat(), "until": summary.event_time.isoformat(), "level": 1, "sources": 20,
        "written_by": "extractive",
    }  # fmt: skip


def test_a_short_session_of_today_waits(in_acme: Tenant) -> None:
    remember_many(said(19))
    assert [(change.action, change.effect) for change in planned()] == [("keep", "")]


def test_what_is_old_is_summarized_by_session_and_by_month(in_acme: Tenant) -> None:
    remember_many(said(5, session="short", at=THEN))
    remember_many([Draft(f"The server {name} runs in cellar {n}.", Scope(user_id="u"), event_time=THEN + timedelta(days=n))
                   for n, name in enumerate(PLACES[:5])])  # fmt: skip
    remember_many([Draft("Too few", Scope(user_id="u"), event_time=THEN - timedelta(days=60))])
    assert len(done()) == 2
    by_session, by_month = sorted(summaries(), key=lambda memory: memory.metadata.get("month", ""))
    assert by_session.metadata["session_id"] == "short"
    assert (by_month.metadata["month"], by_month.metadata["sources"]) == ("2026-03", 5)
    assert by_month.content.startswith("On 10 March 2026: The server Lisbon runs in cellar 0.")


def test_running_it_again_does_nothing(in_acme: Tenant) -> None:
    remember_many(said(45, session="a") + said(5, session="b", at=THEN))
    assert len(done()) == 2
    before = list(Memory.objects.order_by("id").values("id", "version", "content"))
    assert done() == []
    assert list(Memory.objects.order_by("id").values("id", "version", "content")) == before


def test_what_is_said_later_gets_a_summary_of_its_own(in_acme: Tenant) -> None:
    remember_many(said(20))
    done()
    remember_many(said(19, first=20))
    assert done() == []
    remember_many(said(1, first=39))
    assert len(done()) == 1
    first, second = summaries()
    assert first.content != second.content
    assert Relation.objects.filter(source=second).count() == 20


def test_what_lost_its_summary_is_summarized_anew(in_acme: Tenant) -> None:
    remember_many(said(20))
    done()
    erase(summaries()[0].pk)
    assert len(done()) == 1


def test_a_summary_does_not_outlive_what_it_quotes(in_acme: Tenant) -> None:
    made = remember_many(said(25))
    done()
    erase(made[3].id)
    assert done(Options(follow_deletions=False)) == []
    assert [change.action for change in done()] == ["withdraw"]
    assert len(done()) == 1
    (summary,) = summaries()
    assert summary.metadata["sources"] == 24


@pytest.mark.parametrize("whole", [1_000, 1])
def test_sources_stay_as_they_are_and_stand_before_their_summary(
    in_acme: Tenant, monkeypatch: pytest.MonkeyPatch, whole: int
) -> None:
    monkeypatch.setattr(candidates, "WHOLE", whole)
    remember_many(said(20))
    before = list(Memory.objects.order_by("id").values("id", "version", "state", "metadata"))
    done()
    embed.pending()
    assert (
        list(Memory.objects.exclude(kind="summary").order_by("id").values("id", "version", "state", "metadata"))
        == before
    )
    found = [hit.memory.kind for hit in recall(Query("Who visited an aunt in Lisbon?", Scope(user_id="u"), 5)).hits]
    assert found == ["message"] * 5


def test_a_summary_answers_in_full_when_its_sources_are_silent(in_acme: Tenant) -> None:
    remember_many(said(20))
    done()
    embed.pending()
    question = Query("Who visited an aunt in Lisbon?", Scope(user_id="u"), filters={"kind": "summary"})
    (beside,) = recall(question).hits
    Memory.objects.exclude(kind="summary").update(state="silent")
    (alone,) = recall(question).hits
    assert alone.score > beside.score
    assert alone.memory.kind == "summary"


def test_a_very_long_session_gets_parts_and_one_over_them(in_acme: Tenant) -> None:
    remember_many(said(60))
    done(Options(batch=10))
    levels = [memory.metadata["level"] for memory in summaries()]
    assert sorted(levels) == [1] * 6 + [2] * 2 + [3]
    top = next(memory for memory in summaries() if memory.metadata["level"] == 3)
    assert Relation.objects.filter(source=top, type="derived_from").count() == 60
    assert top.content.count("“I visited") >= 1
    assert "““" not in top.content


def test_users_and_namespaces_are_never_mixed(in_acme: Tenant) -> None:
    for owner in ({"user": "ada"}, {"user": "ben"}, {"user": "ada", "namespace": "other"}):
        remember_many(said(20, **owner))
    assert len(done()) == 3
    for link in Relation.objects.filter(type="derived_from").select_related("source", "target"):
        assert (link.source.user_id, link.source.namespace) == (link.target.user_id, link.target.namespace)


def test_only_what_is_in_reach_is_summarized(in_acme: Tenant) -> None:
    remember_many(said(20, user="ada") + said(20, user="ben"))
    assert {change.draft["user_id"] for change in planned(reach=Reach(user_id="ada")) if change.effect} == {"ada"}


def test_what_is_pinned_or_expires_is_left_out(in_acme: Tenant) -> None:
    made = remember_many(said(22))
    Memory.objects.filter(pk=made[0].id).update(pinned=True)
    Memory.objects.filter(pk=made[1].id).update(expires_at=timezone.now() + timedelta(days=9))
    done()
    targets = set(Relation.objects.values_list("target", flat=True))
    assert targets == {outcome.id for outcome in made[2:]}


def test_a_summary_is_trusted_no_more_than_its_least_trusted_source(in_acme: Tenant) -> None:
    remember_many(said(20))
    remember_many(said(1, first=20, trust="untrusted"))
    done()
    assert [memory.trust for memory in summaries()] == ["untrusted"]


def test_a_plan_writes_nothing_and_is_the_same_each_time(in_acme: Tenant) -> None:
    remember_many(said(45, session="a") + said(20, session="b"))
    before = list(Memory.objects.order_by("id").values())
    assert planned() == planned()
    assert list(Memory.objects.order_by("id").values()) == before
    assert Relation.objects.count() == 0


def test_a_run_reads_no_more_than_it_may(in_acme: Tenant) -> None:
    remember_many(said(20, session="a") + said(20, session="b") + said(20, session="c"))
    read = [change.draft["metadata"]["sources"] for change in planned(Options(most=50)) if change.effect]
    assert read == [20, 20, 10]


def test_a_plan_reads_many_sessions_in_few_statements(in_acme: Tenant) -> None:
    for session in range(12):
        remember_many(said(20, session=str(session)))
    with costs(3):
        planned()


def test_undone_it_is_as_before(in_acme: Tenant) -> None:
    remember_many(said(20))
    before = list(Memory.objects.order_by("id").values())
    run = uuid4()
    steps.lay(run, planned())
    steps.take(run, lambda done: None)
    assert len(summaries()) == 1
    steps.undo(run, lambda done: None)
    assert list(Memory.objects.order_by("id").values()) == before
    assert Relation.objects.count() == 0


def test_a_model_that_fails_is_told_of_in_the_summary(in_acme: Tenant, settings: Any) -> None:
    settings.WRITER_URL, settings.WRITER_MODEL, settings.WRITER = "http://127.0.0.1:1", "tiny", "openai"
    settings.WRITERS = settings.WRITERS | {"openai": "memory.llm.openai.OpenAIWriter"}
    base.named.cache_clear()
    remember_many(said(20))
    (change,) = done()
    base.named.cache_clear()
    (summary,) = summaries()
    assert summary.metadata["written_by"] == "extractive"
    assert summary.metadata["writer_failed"] == "ConnectError"
    assert change.why.endswith("written without the model")


def test_a_run_is_narrowed_to_a_session_to_kinds_and_to_hours(in_acme: Tenant) -> None:
    remember_many([*said(4), *said(4, session="t", first=4), *said(4, session="u", first=8, at=THEN)])
    few = {"session_length": 2, "least": 2, "age_days": 0}

    def summarized(**narrowed: Any) -> int:
        return int(summarize.brief(planned(Options(**few | narrowed)))["memories_summarized"])

    assert summarized() == 12
    assert summarized(session="t") == 4
    assert summarized(kinds="fact, goal") == 0
    assert summarized(kinds="message") == 12
    assert summarized(hours=24) == 8


def test_a_plan_says_how_much_it_reads_and_writes(in_acme: Tenant) -> None:
    remember_many(said(20))
    told = summarize.brief(planned())
    (change,) = [change for change in planned() if change.draft]
    read = sum(len(memory.content) for memory in Memory.objects.all())
    assert told == {
        "memories_summarized": 20, "kinds_summarized": {"message": 20}, "characters_read": read,
        "characters_written": len(change.draft["content"]),
    }  # fmt: skip
