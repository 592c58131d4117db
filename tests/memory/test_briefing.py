"""What a selection says in short, what lasts of a user, and deleting whole chains and whole entities."""

import pytest

from memory import briefing, entities
from memory.erasing import erase_with_older
from memory.listing import Narrowing
from memory.models import Memory
from memory.remember import remember, remember_many
from memory.revise import erase, supersede
from memory.types import Draft, Scope
from tenants.models import Tenant
from tests.conftest import costs

ADA, BEN = Scope(user_id="ada"), Scope(user_id="ben")


def test_a_summary_is_of_what_was_chosen(in_acme: Tenant) -> None:
    remember_many([Draft("My sister moved to Lisbon in March.", ADA), Draft("The boat sank in Graz in May.", BEN)])
    text = briefing.summary(Narrowing(ADA)).text
    assert "Lisbon" in text
    assert "boat" not in text
    assert briefing.summary(Narrowing(Scope(user_id="eve"))).text == ""


def test_a_profile_is_what_lasts_the_weightiest_first(in_acme: Tenant) -> None:
    drafts = [
        Draft("Ada likes tea.", ADA, "preference", importance=0.4),
        Draft("Ada likes jazz.", ADA, "preference", importance=0.9),
        Draft("Hello.", ADA, "message"),
        Draft("Ben runs.", BEN, "habit"),
    ]
    remember_many(drafts)
    told = briefing.profile("ada")
    assert told.statements["preference"] == ["Ada likes jazz.", "Ada likes tea."]
    assert told.statements["habit"] == []
    assert told.updated_at == Memory.objects.get(content="Ada likes jazz.").updated_at
    assert briefing.profile("eve").empty


def test_of_each_kind_a_profile_tells_so_many_in_two_statements(
    in_acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(briefing, "EACH", 2)
    weights = [("goal", 0.1), ("goal", 0.9), ("habit", 0.2), ("goal", 0.5), ("habit", 0.3), ("goal", 0.5)]
    drafts = [Draft(f"{kind} {n}", ADA, kind, importance=weight) for n, (kind, weight) in enumerate(weights)]
    remember_many([*drafts, Draft("goal of Ben", BEN, "goal", importance=1.0)])
    with costs(2):
        told = briefing.profile("ada")
    assert told.statements["goal"] == ["goal 1", "goal 5"]
    assert told.statements["habit"] == ["habit 4", "habit 2"]
    assert told.updated_at == Memory.objects.filter(user_id="ada").latest("updated_at").updated_at


def test_with_a_memory_go_those_whose_place_it_took(in_acme: Tenant) -> None:
    other = remember(Draft("Ada has a cat.", ADA)).id
    first = remember(Draft("Ada lives in Graz.", ADA)).id
    assert first
    second = supersede(first, Draft("Ada lives in Vienna.", ADA))
    assert second
    assert second.id
    third = supersede(second.id, Draft("Ada lives in Rome.", ADA))
    assert third
    assert third.id
    assert erase_with_older(second.id) == 0  # it is not the one that holds
    assert erase_with_older(third.id) == 3
    assert erase_with_older(third.id) == 0
    assert list(Memory.objects.readable().values_list("pk", flat=True)) == [other]


def test_all_of_an_entity_goes_without_counting_first(in_acme: Tenant) -> None:
    told = remember_many([Draft("Ada runs.", ADA), Draft("Ada swims.", ADA), Draft("Ben runs.", BEN)])
    assert told[0].id
    erase(told[0].id)
    assert entities.erase_whole("user", "ada") == 1
    assert entities.erase_whole("user", "ada") == 0
    assert entities.erase_whole("user", "eve") is None
    assert [one.content for one in Memory.objects.live()] == ["Ben runs."]
