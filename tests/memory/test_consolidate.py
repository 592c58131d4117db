"""Episodes that speak of the same thing become one fact with links to them; what is known grows stronger."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from memory.models import Memory, Relation
from memory.recall import recall
from memory.remember import remember_many
from memory.revise import erase
from memory.types import Draft, Query, Scope
from memory.upkeep import consolidate, embed, steps
from memory.upkeep.consolidate import Options
from memory.upkeep.plan import EVERYBODY, Change, Reach
from tenants.models import Tenant
from tests.conftest import costs

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
TEA = (
    "I drink green tea every morning.",
    "My green tea in the morning keeps me awake.",
    "Green tea every morning, I never skip it.",
)
BIKE = (
    "I repaired my red bicycle in Graz.",
    "My red bicycle broke down in Graz.",
    "I rode my repaired red bicycle through Graz.",
)


def told(*words: str, user: str = "u", days: int = 0, kind: str = "message", **more: Any) -> list[Any]:
    """Episodes of Ada, with vectors."""
    scope = Scope(user_id=user, namespace=more.pop("namespace", ""))
    at = NOW - timedelta(days=30 - days)
    made = remember_many(
        [
            Draft(each, scope, kind=kind, author="Ada", event_time=at + timedelta(hours=n), **more)
            for n, each in enumerate(words)
        ]
    )
    embed.pending()
    return [outcome.id for outcome in made]


def planned(options: Options = Options(), reach: Reach = EVERYBODY) -> list[Change]:  # noqa: B008  it is frozen
    return list(consolidate.plan(reach, options, NOW))


def done(options: Options = Options()) -> dict[str, int]:  # noqa: B008  it is frozen
    run, changes = uuid4(), planned(options)
    steps.lay(run, changes)
    while steps.take(run, lambda done: None):
        pass
    embed.pending()
    return consolidate.tell(Counter(change.action for change in changes)) | consolidate.brief(changes)


def made() -> list[Memory]:
    return list(Memory.objects.live().filter(source="consolidate").order_by("id"))


def test_what_is_said_again_and_again_becomes_a_fact_with_links_to_it(in_acme: Tenant) -> None:
    tea, bike = told(*TEA), told(*BIKE)
    assert done() == {
        "episodes_sampled": 6, "clusters_formed": 2, "gists_extracted": 2, "facts_extracted": 2, "facts_created": 2,
        "facts_updated": 0, "migrations_completed": 2, "episodes_marked": 6,
    }  # fmt: skip
    sources = {
        frozenset(Relation.objects.filter(source=fact, type="derived_from").values_list("target", flat=True))
        for fact in made()
    }
    assert sources == {frozenset(tea), frozenset(bike)}
    fact = next(fact for fact in made() if "tea" in fact.content)
    assert fact.content == "Ada said on 2 October 2026: “My green tea in the morning keeps me awake.”"
    assert (fact.kind, fact.confidence, fact.people) == ("fact", 0.75, ["Ada"])
    assert (fact.metadata["evidence_count"], fact.metadata["written_by"]) == (3, "extractive")


def test_a_plan_says_something_after_each_gist(in_acme: Tenant, monkeypatch: Any) -> None:
    told(*TEA)
    told(*BIKE)
    real, asked = consolidate._gist, []

    def noted(*said: Any) -> Any:
        asked.append(1)
        return real(*said)

    monkeypatch.setattr(consolidate, "_gist", noted)
    at_once = []
    for _ in consolidate.plan(EVERYBODY, Options(), NOW):
        at_once.append(len(asked))
        asked.clear()
    assert (sum(at_once), max(at_once)) == (2, 1)


def test_episodes_are_marked_and_stay(in_acme: Tenant) -> None:
    told(*TEA, metadata={"mine": 1})
    done()
    (fact,) = made()
    for episode in Memory.objects.live().filter(kind="message"):
        assert episode.metadata == {
            "mine": 1, "consolidated": True, "consolidated_at": NOW.isoformat(), "consolidated_into": fact.metadata["key"],
        }  # fmt: skip


def test_running_it_again_does_nothing(in_acme: Tenant) -> None:
    told(*TEA, *BIKE)
    done()
    assert planned() == []


def test_what_is_alone_waits_for_its_like(in_acme: Tenant) -> None:
    told(TEA[0])
    assert done()["clusters_formed"] == 0
    told(TEA[1], days=1)
    assert done()["facts_created"] == 1


def test_a_fact_that_is_met_again_grows_stronger(in_acme: Tenant) -> None:
    told(*TEA)
    done()
    (before,) = made()
    again = told("Green tea in the morning keeps me awake!", "My green tea in the morning keeps me awake!", days=9)
    counts = done()
    (after,) = made()
    assert (counts["facts_created"], counts["facts_updated"]) == (0, 1)
    assert after.pk == before.pk
    assert before.confidence < after.confidence < 1
    assert after.metadata["evidence_count"] == 5
    assert set(again) <= set(
        Relation.objects.filter(source=after, type="derived_from").values_list("target", flat=True)
    )


def test_a_fact_that_somebody_wrote_grows_stronger_too(in_acme: Tenant) -> None:
    fact = remember_many([Draft("I drink green tea every morning", Scope(user_id="u"), confidence=0.5, metadata=[1])])[
        0
    ].id  # type: ignore[arg-type]
    told("I drink green tea every morning.", "I drink my green tea every morning!")
    Memory.objects.filter(kind="message").update(author="", role="")
    assert done()["facts_updated"] == 1
    assert Memory.objects.get(pk=fact).confidence > 0.5


def test_a_newer_preference_takes_the_place_of_the_older_whose_validity_ends(in_acme: Tenant) -> None:
    told("I really love black tea from India.", "I love black tea from India.")
    done()
    (old,) = made()
    told("I really like iced tea with lemon at home.", "I like iced tea with lemon at home.", days=9)
    done()
    (new,) = made()
    old.refresh_from_db()
    assert (old.kind, new.kind) == ("preference", "preference")
    assert old.metadata["key"] == new.metadata["key"] == "user:preference:ada tea"
    assert (old.state, old.superseded_by, old.valid_to) == ("superseded", new.pk, new.event_time)
    assert Relation.objects.filter(source=new, target=old, type="supersedes").exists()


def test_an_older_preference_that_comes_late_changes_nothing(in_acme: Tenant) -> None:
    told("I really love black tea from India.", "I love black tea from India.", days=9)
    done()
    (fact,) = made()
    told("I really like iced tea with lemon at home.", "I like iced tea with lemon at home.")
    counts = done()
    assert (counts["facts_created"], counts["episodes_marked"]) == (0, 2)
    assert made() == [fact]


def test_small_talk_is_looked_at_once(in_acme: Tenant) -> None:
    told("Thanks, take care!", "Thanks, take good care!")
    assert done()["facts_created"] == 0
    assert {m.metadata["consolidated"] for m in Memory.objects.all()} == {False}
    assert planned() == []


def test_constraints_are_kept_as_constraints(in_acme: Tenant) -> None:
    told("I am allergic to peanuts and cashews.", "I'm allergic to peanuts, cashews too.", kind="constraint")
    done()
    (fact,) = made()
    assert fact.kind == "constraint"
    assert fact.metadata["key"].startswith("user:constraint:ada ")


def test_old_constraints_and_what_is_out_of_the_window_are_left_out(in_acme: Tenant) -> None:
    told(*TEA, days=-100, kind="constraint")
    told(*BIKE)
    assert done(Options(window_days=7))["episodes_sampled"] == 0
    assert done()["episodes_sampled"] == 3


def test_users_and_namespaces_are_never_mixed(in_acme: Tenant) -> None:
    told(TEA[0], TEA[1], user="ada")
    told(TEA[1], TEA[2], user="ben")
    told(TEA[0], TEA[2], user="ada", namespace="other")
    assert done()["facts_created"] == 3
    for link in Relation.objects.filter(type="derived_from").select_related("source", "target"):
        assert (link.source.user_id, link.source.namespace) == (link.target.user_id, link.target.namespace)


def test_a_plan_writes_nothing_and_is_the_same_each_time(in_acme: Tenant) -> None:
    told(*TEA, *BIKE)
    before = list(Memory.objects.order_by("id").values())
    assert planned() == planned()
    assert list(Memory.objects.order_by("id").values()) == before
    assert Relation.objects.count() == 0


def test_undone_it_is_as_before(in_acme: Tenant) -> None:
    told(*TEA, *BIKE)
    shown = ("id", "content", "state", "metadata", "confidence")
    before = list(Memory.objects.order_by("id").values(*shown))
    run = uuid4()
    steps.lay(run, planned())
    steps.take(run, lambda done: None)
    assert len(made()) == 2
    steps.undo(run, lambda done: None)
    assert list(Memory.objects.order_by("id").values(*shown)) == before
    assert Relation.objects.count() == 0


def test_a_plan_costs_the_same_for_few_and_for_many(in_acme: Tenant) -> None:
    for user in range(8):
        told(*TEA, *BIKE, user=str(user))
    with costs(4):
        planned()


def test_a_fact_does_not_outlive_all_that_it_comes_of(in_acme: Tenant) -> None:
    first, *others = told(*TEA)
    done()
    for episode in others:
        erase(episode)
    assert planned() == []
    erase(first)
    assert planned(Options(follow_deletions=False)) == []
    assert [change.action for change in planned()] == ["withdraw"]


def test_a_sample_is_no_larger_than_it_may_be(in_acme: Tenant) -> None:
    told(*TEA, *BIKE)
    assert done(Options(sample=4))["episodes_sampled"] == 4


def test_a_fact_stands_behind_the_episodes_that_it_comes_of(in_acme: Tenant) -> None:
    told(*TEA)
    done()
    hits = recall(Query("What does Ada drink in the morning?", Scope(user_id="u"))).hits
    assert [hit.memory.kind for hit in hits] == ["message"] * 3 + ["fact"]
