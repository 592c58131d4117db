"""What HippocampAI's memory routes mean here, those that its client never calls among them."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from api import health
from api.dialects.base import Wrong
from api.dialects.hippocampai.views.base import HippocampView
from events import relay
from events.models import Event
from memory.models import Memory
from memory.remember import remember_many
from memory.types import Draft, Scope
from tenants import keys, preferences
from tenants.models import Tenant
from tests.conftest import Caller
from tests.dialects.speaking import Dialect

KINDS = {
    "fact": "fact", "message": "context", "event": "event", "preference": "preference", "goal": "goal",
    "habit": "habit", "context": "context", "summary": "summary", "constraint": "fact", "procedure": "procedural",
    "hypothesis": "fact", "task": "prospective",
}  # fmt: skip


def said(hip: Dialect, text: str = "Ada takes tea.", user_id: str = "ada", **more: Any) -> dict[str, Any]:
    status, told = hip.post("v1/memories:remember", {"text": text, "user_id": user_id} | more)
    assert status == 200, told
    return dict(told)


def texts(hip: Dialect, filters: Any = None, **more: Any) -> list[str]:
    status, told = hip.post("v1/memories:get", {"user_id": "ada", "filters": filters or {}} | more)
    assert status == 200, told
    return [one["text"] for one in told]


def test_each_of_our_kinds_is_told_as_a_type_that_the_client_takes(hip: Dialect, in_acme: Tenant) -> None:
    assert {kind.value for kind in Memory.Kind} == KINDS.keys()
    remember_many([Draft(kind, Scope(user_id="ada"), kind=kind) for kind in KINDS])
    told = hip.post("v1/memories:get", {"user_id": "ada"})[1]
    assert {one["text"]: one["type"] for one in told} == KINDS


def test_a_type_finds_all_that_is_told_as_it(hip: Dialect, in_acme: Tenant) -> None:
    remember_many([Draft(kind, Scope(user_id="ada"), kind=kind) for kind in KINDS])
    assert set(texts(hip, {"memory_type": "fact"})) == {"fact", "constraint", "hypothesis"}
    assert set(texts(hip, {"type": ["goal", "context"]})) == {"goal", "context", "message"}
    assert texts(hip, {"type": "rent"}) == []
    assert texts(hip, {"type": "Goal"}) == ["goal"]


def test_what_no_type_is_told_of_says_it_itself(hip: Dialect) -> None:
    assert said(hip, "I want to learn Japanese.")["type"] == "goal"
    assert said(hip, "Water boils at 100 degrees.")["type"] == "fact"
    assert said(hip, "I love tea.", type="rent")["type"] == "preference"
    assert said(hip, "I love tea a lot.", type="event")["type"] == "event"


def test_importance_is_ten_times_ours(hip: Dialect, ada: Caller) -> None:
    told = said(hip, importance=7)
    assert told["importance"] == 7
    assert ada.get(f"memories/{told['id']}")[1]["importance"] == 0.7
    assert hip.post("v1/memories:remember", {"text": "x", "user_id": "ada", "importance": 11})[0] == 422


def test_nothing_that_the_client_reads_is_null(hip: Dialect) -> None:
    told = said(hip)
    assert all(told[name] is not None for name in ("id", "text", "user_id", "type", "importance", "tags", "metadata",
                                                   "created_at", "updated_at", "confidence"))  # fmt: skip
    assert (told["session_id"], told["expires_at"], told["entities"]) == (None, None, None)


def test_null_is_as_if_unsaid(hip: Dialect) -> None:
    nothing = dict.fromkeys(("session_id", "type", "importance", "tags", "metadata", "expires_at", "ttl_days"))
    assert said(hip, **nothing)["tags"] == []


def test_a_time_to_live_is_in_days(hip: Dialect) -> None:
    ends = timezone.datetime.fromisoformat(said(hip, ttl_days=2)["expires_at"])
    assert timedelta(days=1, hours=23) < ends - timezone.now() < timedelta(days=2)


def test_the_same_words_are_one_memory(hip: Dialect) -> None:
    assert said(hip)["id"] == said(hip)["id"]


def test_filters_narrow(hip: Dialect) -> None:
    said(hip, "one", importance=9, tags=["a", "b"], metadata={"team": "x", "n": 1, "deep": {"er": True}})
    said(hip, "two", importance=2, tags=["b"], metadata={"team": "y"}, session_id="s")
    assert texts(hip, {"metadata.team": "x"}) == ["one"]
    assert texts(hip, {"metadata": {"team": "y"}}) == ["two"]
    assert texts(hip, {"team": ["y", "z"]}) == ["two"]
    assert texts(hip, {"metadata.deep.er": True}) == ["one"]
    assert texts(hip, {"tags": "a"}) == ["one"]
    assert texts(hip, {"tags": ["a", "b"]}) == ["two", "one"]
    assert texts(hip, {"importance_max": 2}) == ["two"]
    assert texts(hip, {"min_importance": 9, "tags": None}) == ["one"]
    assert texts(hip, {"session_id": "s"}) == ["two"]
    assert texts(hip, {"user_id": "ben"}) == []
    assert texts(hip, {"after": (timezone.now() + timedelta(hours=1)).isoformat()}) == []


@pytest.mark.parametrize("filters", [{"min_importance": "much"}, {"after": "soon"}, {"metadata": 3}, {"tags": [1]}])
def test_a_filter_that_cannot_be_is_refused(hip: Dialect, filters: Any) -> None:
    status, told = hip.post("v1/memories:get", {"user_id": "ada", "filters": filters})
    assert status in (400, 422)
    assert told.keys() == {"detail"}


def test_a_query_is_narrowed_by_name(hip: Dialect) -> None:
    said(hip, "green tea", importance=8, tags=["x"])
    said(hip, "black tea", importance=3)

    def asked(**more: Any) -> list[str]:
        status, told = hip.post("v1/memories/query", {"user_id": "ada"} | more)
        assert status == 200, told
        return [one["text"] for one in told]

    assert asked(importance_min=5) == ["green tea"]
    assert asked(importance_max=5, memory_type="fact") == ["black tea"]
    assert asked(search_text="GREEN") == ["green tea"]
    assert asked(tags=["x"], filters={"min_importance": 9}) == []
    assert asked(created_after=(timezone.now() + timedelta(days=1)).isoformat()) == []
    assert len(asked(created_before=(timezone.now() + timedelta(days=1)).isoformat(), limit=5_000)) == 2


def test_both_servers_ways_to_store_and_recall_are_heard(hip: Dialect) -> None:
    status, told = hip.post("v1/memories", {"text": "Ada has a cat.", "user_id": "ada"})
    assert status == 201
    found = hip.post("v1/memories/recall", {"query": "cat", "user_id": "ada"})[1]
    assert [one["memory"]["id"] for one in found] == [told["id"]]


def test_weights_move_what_is_found(hip: Dialect) -> None:
    said(hip, "Green tea", importance=0)
    said(hip, "A boat", importance=10)
    asked = {"query": "tea", "user_id": "ada"}
    plain = hip.post("v1/memories:recall", asked)[1]
    heavy = hip.post("v1/memories:recall", asked | {"custom_weights": {"sim": 0, "rerank": 0, "importance": 1}})[1]
    assert plain[0]["memory"]["text"] == "Green tea"
    assert heavy[0]["memory"]["text"] == "A boat"


def test_one_memory_is_changed_and_deleted_by_its_path(hip: Dialect) -> None:
    path = f"v1/memories/{said(hip)['id']}"
    assert hip.call("PATCH", path, {"text": "Coffee.", "importance": 1})[1]["text"] == "Coffee."
    assert hip.get(f"{path}?user_id=ben")[0] == 404
    assert hip.call("DELETE", f"{path}?user_id=ben")[0] == 404
    assert hip.call("DELETE", f"{path}?user_id=ada")[1]["success"] is True
    assert hip.get(path) == (404, {"detail": "There is nothing here for this credential."})


def test_many_are_changed_and_deleted(hip: Dialect) -> None:
    ids = [said(hip, text)["id"] for text in ("one", "two")]
    updates = [{"memory_id": ids[0], "text": "uno"}, {"memory_id": str(uuid4()), "text": "no"}, {"memory_id": "?"}]
    assert [one["text"] for one in hip.call("PATCH", "v1/memories/batch", {"updates": updates})[1]] == ["uno"]
    narrowed = hip.call("DELETE", "v1/memories/batch", {"memory_ids": ids, "user_id": "ben"})[1]
    assert (narrowed["deleted_count"], narrowed["not_found"]) == (0, ids)
    gone = hip.call("DELETE", "v1/memories/batch", {"memory_ids": [*ids, "?"]})[1]
    assert gone == {
        "success": True, "deleted_count": 2, "total": 3, "results": {ids[0]: True, ids[1]: True, "?": False},
        "not_found": ["?"],
    }  # fmt: skip
    assert texts(hip) == []


@pytest.mark.parametrize(
    "talk",
    [
        '[{"role": "user", "content": "I love tea."}, {"role": "assistant", "content": "I love cake."}]',
        [{"speaker": "Ada", "text": "I love tea."}],
        "User: I love tea.\nAssistant: I love cake.",
        "I love tea.",
        '{"role": "user", "content": "I love tea."}',
    ],
)
def test_a_conversation_is_heard_in_each_shape(hip: Dialect, talk: Any) -> None:
    status, told = hip.post("v1/memories:extract", {"conversation": talk, "user_id": "ada"})
    assert (status, [one["text"] for one in told]) == (200, ["I love tea."])


@pytest.mark.parametrize("talk", [[{"role": "user"}], [3], 7, {"a": 1}])
def test_what_is_no_conversation_is_refused(hip: Dialect, talk: Any) -> None:
    assert hip.post("v1/memories:extract", {"conversation": talk, "user_id": "ada"})[0] == 422


def test_nothing_stated_is_nothing_remembered(hip: Dialect) -> None:
    assert hip.post("v1/memories:extract", {"conversation": "How are you?", "user_id": "ada"}) == (200, [])


def test_a_text_is_classified(hip: Dialect) -> None:
    status, told = hip.post("v1/classify", {"text": "I hate mornings, but I run every day."})
    assert (status, told["memory_type"], told["alternative_type"]) == (200, "habit", "preference")
    plain = hip.post("v1/classify", {"text": "Water boils."})[1]
    assert (plain["memory_type"], plain["confidence_level"], plain["alternative_type"]) == ("fact", "low", None)


def test_doubles_are_merged_only_when_it_is_meant(hip: Dialect) -> None:
    for text in ("Ada plays chess.", "ada plays chess!"):
        said(hip, text)
    dry = hip.post("v1/memories/deduplicate", {"user_id": "ada"})[1]
    assert (dry["status"], dry["duplicates_found"], len(dry["details"]), len(texts(hip))) == ("success", 1, 1, 2)
    assert (dry["total_memories"], dry["memories_removed"]) == (2, 0)
    done = hip.post("v1/memories/deduplicate", {"user_id": "ada", "dry_run": False})[1]
    assert (done["memories_removed"], len(done["details"]), len(texts(hip))) == (1, 1, 1)
    (merge,) = done["details"]
    assert (merge["action"], len(merge["duplicates"]), merge["memory_id"] in merge["duplicates"]) == ("merge", 1, False)


def test_each_double_that_goes_is_counted(hip: Dialect) -> None:
    for tail in ("", "!", "!!", " !"):
        said(hip, f"Ada plays chess on Sundays with her old friend Ben{tail}")
    done = hip.post("v1/memories/deduplicate", {"user_id": "ada", "dry_run": False})[1]
    assert (done["duplicates_found"], done["memories_removed"], len(texts(hip))) == (1, 3, 1)


def test_episodes_are_consolidated(hip: Dialect) -> None:
    for text in ("Ada loves climbing at the gym in Kreuzberg.", "Ada loves climbing at the gym near Kreuzberg.",
                 "Ada loves climbing in the gym of Kreuzberg."):  # fmt: skip
        said(hip, text, type="event")
    dry = hip.post("v1/memories/consolidate", {"user_id": "ada", "dry_run": True})[1]
    assert ([one["dry_run"] for one in dry], len(texts(hip))) == ([True], 3)
    (made,) = hip.post("v1/memories/consolidate", {"user_id": "ada", "similarity_threshold": 0.1})[1]
    assert (made["action"], made["dry_run"], len(texts(hip))) == ("create", False, 4)


def test_what_has_expired_is_cleared_away_for_one_user_or_all(hip: Dialect, in_acme: Tenant) -> None:
    for user in ("ada", "ben", "cleo"):
        said(hip, "Over", user)
    Memory.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert hip.post("v1/memories:expire", {"user_id": "ada"})[1]["expired_count"] == 1
    told = hip.post("v1/memories/cleanup", {})[1]
    assert (told["success"], told["deleted_count"]) == (True, 2)


def test_a_job_can_be_left_to_a_worker(hip: Dialect) -> None:
    status, told = hip.post("v1/background/dedup/trigger?user_id=ada&dry_run=true", {})
    assert (status, told["status"], told["dry_run"]) == (200, "running", True)
    assert hip.post("v1/background/consolidate/trigger?user_id=ada&threshold=0.9", {})[0] == 200
    assert hip.get("v1/background/status")[1] == {
        "status": "running", "pending": 2, "running": 0, "stuck": 0, "active_tasks": 0, "total_tasks": 2,
    }  # fmt: skip
    assert hip.post("v1/background/dedup/trigger", {})[0] == 422


def test_a_contradiction_is_found_and_decided(hip: Dialect) -> None:
    old = said(hip, "I love coffee.")
    new = said(hip, "I hate coffee.")
    status, told = hip.post("v1/conflicts/detect", {"user_id": "ada"})
    assert (status, told["conflicts_found"]) == (200, 1)
    (found,) = told["conflicts"]
    assert {found["memory_1_id"], found["memory_2_id"]} == {old["id"], new["id"]}
    assert {found["memory_id"], found["conflicting_id"]} == {old["id"], new["id"]}
    asked = {"conflict_id": found["conflict_id"], "strategy": "temporal"}
    assert hip.post("v1/conflicts/resolve", asked | {"user_id": "ben"})[0] == 404
    left = hip.post("v1/conflicts/resolve", asked | {"user_id": "ada", "strategy": "manual"})[1]
    assert (left["resolution_status"], left["resolved"], len(texts(hip))) == ("pending", False, 2)
    done = hip.post("v1/conflicts/resolve", asked | {"user_id": "ada", "strategy": "keep_latest"})[1]
    assert (done["resolved"], done["resolution_status"], done["resolution_strategy"]) == (
        True,
        "success",
        "keep_latest",
    )
    assert texts(hip) == ["I hate coffee."]
    assert hip.post("v1/conflicts/detect", {"user_id": "ada"})[1]["conflicts_found"] == 0


def test_the_more_important_one_can_win(hip: Dialect) -> None:
    said(hip, "I love coffee.", importance=9)
    said(hip, "I hate coffee.", importance=1)
    (found,) = hip.post("v1/conflicts/detect", {"user_id": "ada"})[1]["conflicts"]
    asked = {"user_id": "ada", "conflict_id": found["conflict_id"], "strategy": "importance"}
    assert hip.post("v1/conflicts/resolve", asked)[0] == 200
    assert texts(hip) == ["I love coffee."]


def test_a_memory_is_moved_between_tiers_and_read_as_before(hip: Dialect) -> None:
    one = said(hip)["id"]
    assert hip.get(f"v1/lifecycle/temperature/{one}")[1]["tier"] == "warm"
    assert hip.post("v1/lifecycle/migrate", {"memory_id": one, "target_tier": "archived"})[1]["tier"] == "cold"
    told = hip.post("v1/lifecycle/stats", {"user_id": "ada"})[1]
    assert (told["total_memories"], told["tier_counts"]["cold"], told["tier_counts"]["hot"]) == (1, 1, 0)
    told = hip.get(f"v1/memories/{one}")[1]
    assert (told["text"], told["is_archived"]) == ("Ada takes tea.", True)
    assert hip.post("v1/lifecycle/migrate", {"memory_id": one, "target_tier": "HOT"})[1] == {
        "memory_id": one, "target_tier": "hot", "migrated": True, "tier": "warm",
    }  # fmt: skip


def test_what_cannot_be_moved_is_not_said_to_be(hip: Dialect, in_acme: Tenant) -> None:
    one = said(hip)["id"]
    Memory.objects.filter(pk=one).update(state=Memory.State.SUPERSEDED)
    told = hip.post("v1/lifecycle/migrate", {"memory_id": one, "target_tier": "cold"})[1]
    assert (told["migrated"], told["tier"]) == (False, "warm")


def test_a_memory_has_a_temperature(hip: Dialect, in_acme: Tenant) -> None:
    one = said(hip, importance=5)["id"]
    fresh = hip.get(f"v1/lifecycle/temperature/{one}")[1]
    assert (fresh["temperature_score"], fresh["access_count"], fresh["last_access"]) == (45.0, 0, None)
    now = timezone.now()
    Memory.objects.update(created_at=now - timedelta(days=60), recalled_at=now - timedelta(days=30), recalls=30)
    told = hip.get(f"v1/lifecycle/temperature/{one}")[1]
    assert (told["access_frequency"], told["recency_score"], told["temperature_score"]) == (0.5, 0.5, 50.0)
    assert hip.post("v1/lifecycle/stats", {"user_id": "ada"})[1]["total_accesses"] == 30


def test_an_answer_is_explained_and_not_counted(hip: Dialect) -> None:
    one = said(hip, "Ada takes tea.", importance=8)["id"]
    asked = {"query": "Who takes tea?", "user_id": "ada"}
    told = hip.post("v1/observability/explain", asked)[1]
    assert (told["results_count"], told["candidates"], told["explanations"][0]["memory_id"]) == (1, 1, one)
    (explained,) = told["explanations"]
    assert "lexical" in explained["explanation"]
    assert (explained["text"], explained["score"]) == ("Ada takes tea.", explained["scores"]["final"])
    seen = hip.post("v1/observability/visualize", asked | {"top_k": 3})[1]
    assert seen["scores"][0]["breakdown"]["final"] == seen["scores"][0]["score"] > 0
    assert seen["stats"] == {"mean_score": seen["scores"][0]["score"], "count": 1, "top_k": 3}
    profile = hip.post("v1/observability/profile", asked)[1]
    assert {"name", "ms", "left"} == profile["stages"][0].keys()
    assert (profile["results_found"], profile["k"], profile["duration_seconds"] > 0) == (1, 5, True)
    assert profile["average_score"] == seen["stats"]["mean_score"]


def test_a_heatmap_is_of_what_was_asked_for_lately(hip: Dialect, in_acme: Tenant) -> None:
    for text, recalls, days in (("Tea.", 2, 1), ("A boat.", 5, 3), ("A cat.", 7, 40)):
        at = timezone.now() - timedelta(days=days)
        Memory.objects.filter(pk=said(hip, text)["id"]).update(recalls=recalls, recalled_at=at)
    said(hip, "A dog.")
    said(hip, "Milk.", "ben")
    told = hip.post("v1/observability/heatmap", {"user_id": "ada"})[1]
    assert (told["total_memories"], told["total_accesses"], told["time_period_days"]) == (4, 14, 30)
    assert [one["access_count"] for one in told["memory_access_counts"]] == [5, 2]
    longer = hip.post("v1/observability/heatmap", {"user_id": "ada", "time_period_days": 60})[1]
    assert [one["access_count"] for one in longer["memory_access_counts"]] == [7, 5, 2]


def test_a_memory_grows_stale(hip: Dialect) -> None:
    asked = {"memory_id": said(hip)["id"], "user_id": "ada"}
    fresh = hip.post("v1/temporal/freshness", asked)[1]
    later = (timezone.now() + timedelta(days=365)).isoformat()
    old = hip.post("v1/temporal/freshness", asked | {"reference_date": later})[1]
    assert (fresh["is_stale"], old["is_stale"], old["age_days"]) == (False, True, 365)
    assert fresh["freshness_score"] > old["freshness_score"]
    assert fresh["staleness_score"] < old["staleness_score"]
    assert (old["last_access_days"], old["access_frequency"]) == (365, "low")


def test_importance_fades(hip: Dialect, in_acme: Tenant) -> None:
    one = said(hip, importance=8, type="fact")["id"]
    Memory.objects.update(created_at=timezone.now() - timedelta(days=60))
    told = hip.post("v1/temporal/decay", {"memory_id": one})[1]
    assert (told["original_importance"], told["current_importance"], told["half_life_days"]) == (8, 8, 30)
    assert (told["decay_function"], told["age_days"]) == ("default_exponential", 60)
    assert hip.post("v1/temporal/decay", {"memory_id": one, "decay_function": "linear"})[0] == 422
    assert told["decayed_importance"] < 4


def test_what_cannot_be_forecast_says_why(hip: Dialect) -> None:
    told = hip.post("v1/temporal/forecast", {"user_id": "ada"})[1]
    assert told["forecast"] == []
    assert told["why_not"]
    assert told["forecasts"] == {
        "estimated_new_memories": None, "avg_importance_trend": 0.0, "total_memories_forecast": None,
        "daily_creation_rate": None,
    }  # fmt: skip


def test_the_days_before_the_first_memory_foretell_nothing(hip: Dialect, in_acme: Tenant) -> None:
    for text in ("Tea.", "A boat.", "A cat."):
        said(hip, text)
    told = hip.post("v1/temporal/forecast", {"user_id": "ada"})[1]
    assert (told["forecast"], told["forecasts"]["estimated_new_memories"]) == ([], None)
    assert told["why_not"]
    Memory.objects.filter(content="Tea.").update(created_at=timezone.now() - timedelta(days=200))
    assert len(hip.post("v1/temporal/forecast", {"user_id": "ada"})[1]["forecast"]) == 30


def test_what_is_forecast_is_summed_up(hip: Dialect, in_acme: Tenant) -> None:
    for ago, count in enumerate((3, 1, 2, 3, 2, 1, 3, 2, 1, 2, 3, 1, 2, 3, 2, 1)):
        made = remember_many(
            [Draft(f"{ago} days ago, {n}", Scope(user_id="ada"), importance=0.4) for n in range(count)]
        )
        when = timezone.now() - timedelta(days=ago)
        Memory.objects.filter(pk__in=[outcome.id for outcome in made]).update(created_at=when)
    told = hip.post("v1/temporal/forecast", {"user_id": "ada", "forecast_days": 10})[1]
    total = round(sum(day["new_memories"] for day in told["forecast"]))
    assert (len(told["forecast"]), told["forecasts"]["estimated_new_memories"]) == (10, total)
    assert told["forecasts"]["total_memories_forecast"] == 32 + total
    assert told["forecasts"]["avg_importance_trend"] == 4.0


def test_a_window_is_of_what_is_relevant_or_recent(hip: Dialect) -> None:
    said(hip, "Ada takes tea.")
    said(hip, "Ben has a boat.")
    asked = {"query": "tea", "user_id": "ada"}
    assert hip.post("v1/temporal/context-window", asked)[1]["memories"][0]["text"] == "Ada takes tea."
    recent = hip.post("v1/temporal/context-window", asked | {"context_type": "recent"})[1]
    assert [one["text"] for one in recent["memories"]] == ["Ben has a boat.", "Ada takes tea."]
    assert recent["start"] < recent["end"]
    assert (recent["window_size"], recent["query"]) == (2, "tea")


def test_a_window_can_be_of_what_is_asked_for_most(hip: Dialect, in_acme: Tenant) -> None:
    for text, recalls in (("Tea.", 2), ("A boat.", 5), ("A cat.", 0)):
        Memory.objects.filter(pk=said(hip, text)["id"]).update(recalls=recalls)
    told = hip.post("v1/temporal/context-window", {"query": "x", "user_id": "ada", "context_type": "seasonal"})[1]
    assert [one["text"] for one in told["memories"]] == ["A boat.", "Tea.", "A cat."]


def test_numbers_are_of_the_user_alone(hip: Dialect) -> None:
    said(hip, "I love tea.", importance=4, tags=["tea"])
    said(hip, "Ben has a boat.", "ben", tags=["boat"])
    told = hip.get("v1/memories/analytics?user_id=ada")[1]
    assert (told["total_memories"], told["avg_importance"], told["top_tags"]) == (1, 4, [{"tag": "tea", "count": 1}])
    assert hip.get("v1/memories/analytics")[0] == 422
    more = hip.post("v1/monitoring/stats", {"user_id": "ada"})[1]
    assert (more["total_memories"], more["total_accesses"], more["never_accessed"]) == (1, 0, 1)
    assert hip.get("stats")[1]["total_memories"] == 2


def test_health_is_scored(hip: Dialect, in_acme: Tenant) -> None:
    nothing = hip.post("v1/health/score", {"user_id": "ada"})[1]
    assert (nothing["health_score"], nothing["overall_score"], nothing["details"]["memory_count"]) == (1.0, 0, 0)
    for text in ("Ada plays chess.", "ada plays chess!", "Ben has a boat.", "Tea is green."):
        said(hip, text)
    Memory.objects.filter(content="Tea is green.").update(recalls=1)
    Memory.objects.update(created_at=timezone.now() - timedelta(days=73))
    told = hip.post("v1/health/score", {"user_id": "ada"})[1]
    assert told["details"] == {
        "memory_count": 4, "avg_age_days": 73.0, "duplicate_ratio": 0.25, "retrieval_success_rate": 0.25,
    }  # fmt: skip
    assert told["health_score"] == round((0.8 + 0.75 + 0.25) / 3, 4)
    assert 0 < told["overall_score"] <= 100


def test_where_a_memory_comes_from(hip: Dialect) -> None:
    one = said(hip)["id"]
    hip.call("PATCH", "v1/memories:update", {"memory_id": one, "text": "Ada takes coffee.", "importance": 9})
    told = hip.post("v1/provenance/track", {"memory_id": one})[1]
    assert [version["version"] for version in told["versions"]] == [2, 1]
    assert told["lineage"] == []
    history = hip.post("v1/monitoring/health-history", {"memory_id": one, "user_id": "ada"})[1]
    assert history["history"][0]["importance"] == 9
    assert (history["total_snapshots"], history["user_id"]) == (2, "ada")


def test_what_happened_is_told_in_its_words(hip: Dialect, acme: Tenant) -> None:
    one = said(hip)["id"]
    hip.call("PATCH", "v1/memories:update", {"memory_id": one, "text": "Ada takes coffee."})
    said(hip, "Ben has a boat.", "ben")
    relay.relay_batch(acme.pk)
    for type in ("updated", "memory.updated"):
        told = hip.get(f"v1/monitoring/events?memory_id={one}&event_type={type}&limit=1000")[1]
        assert (told["total"], told["events"][0]["event_type"], told["events"][0]["user_id"]) == (1, "updated", "ada")
    kinds = [event["event_type"] for event in hip.get("v1/monitoring/events?user_id=ada")[1]["events"]]
    assert kinds == ["updated", "created"]
    assert hip.get("v1/monitoring/events?event_type=retrieved")[1] == {"total": 0, "events": []}
    assert hip.get("v1/monitoring/events?event_type=none")[0] == 422


def test_what_a_summary_is_made_of_is_its_chain(hip: Dialect, ada: Caller) -> None:
    part, whole = said(hip, "Ada takes tea.")["id"], said(hip, "Ada drinks.", type="summary")["id"]
    ada.post("relations", {"source": whole, "target": part, "type": "derived_from"})
    told = hip.post("v1/provenance/track", {"memory_id": whole})[1]
    assert [(link["memory_id"], link["type"]) for link in told["chain"]] == [(whole, "summary"), (part, "fact")]
    assert len(hip.post("v1/provenance/track", {"memory_id": part})[1]["chain"]) == 1


def test_accesses_are_told(hip: Dialect, in_acme: Tenant) -> None:
    one = said(hip)["id"]
    Memory.objects.update(recalls=3)
    told = hip.post("v1/monitoring/access-pattern", {"memory_id": one, "user_id": "ada"})[1]
    assert (told["access_count"], told["search_hits"], told["last_accessed"]) == (3, 3, None)
    assert (told["access_frequency"], told["access_sources"]) == (3.0, {"recall": 3})
    every = hip.post("v1/monitoring/access-patterns", {"user_id": "ada"})[1]
    assert (every["patterns"], every["total_memories"]) == ([told], 1)
    most = hip.post("v1/monitoring/stats", {"user_id": "ada"})[1]["most_accessed_memories"]
    assert most == [{"memory_id": one, "access_count": 3, "last_accessed": None}]
    assert hip.post("v1/monitoring/access-pattern", {"memory_id": one, "user_id": "ben"})[0] == 404


def test_who_may_only_read_is_told_so(acme: Tenant) -> None:
    reader = Dialect("hippocampai", keys.issue(acme, "reader", ["read"])[1])
    status, told = reader.post("v1/memories:remember", {"text": "x", "user_id": "ada"})
    assert (status, told.keys()) == (403, {"error", "message"})
    assert reader.post("v1/memories:recall", {"query": "x", "user_id": "ada"}) == (200, [])


def test_health_needs_no_credential(acme: Tenant) -> None:
    nobody = Dialect("hippocampai", "")
    assert nobody.get("health")[1]["status"] in ("healthy", "degraded")
    assert nobody.get("stats")[0] == 401


def test_who_asks_too_often_is_told_in_its_own_words() -> None:
    told = HippocampView().envelope(Wrong(429, "rate_limited", "Too many requests.", wait=3))
    assert told == {"error": "rate_limited", "message": "Too many requests."}


def test_what_the_client_calls_with_a_colon_stands_at_the_root_too(hip: Dialect) -> None:
    said(hip)
    sent = json.dumps({"query": "tea", "user_id": "ada"})
    headers = {"Authorization": f"Bearer {hip.key}"}
    for path in ("/v1/memories:recall", "/v1/memories:recall/"):
        found = hip.client.post(path, sent, content_type="application/json", headers=headers)
        assert [one["memory"]["text"] for one in found.json()] == ["Ada takes tea."]


def test_health_says_what_is_amiss(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = Dialect("hippocampai", "")
    for parts, told in (((True, True), "healthy"), ((True, False), "degraded"), ((False, True), "unhealthy")):
        monkeypatch.setattr(health, "both", lambda parts=parts: dict(zip(("database", "redis"), parts, strict=True)))
        assert nobody.get("health") == (503 if told == "unhealthy" else 200, {"status": told})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("v1/conflicts/detect", {"user_id": "ada"}),
        ("v1/healing/health/duplicates?user_id=ada", {}),
        ("api/compaction/compact", {"user_id": "ada"}),
    ],
)
def test_what_tells_of_memories_is_audited_where_a_tenant_wants_it(
    hip: Dialect, acme: Tenant, path: str, body: Any
) -> None:
    preferences.change(acme.pk, {"audit_reads": True})
    assert hip.post(path, body)[0] == 200
    assert Event.objects.filter(
        type="content.read", data__operation="compat/hippocampai/" + path.split("?")[0]
    ).exists()


def test_contradictions_of_one_memory_are_found_among_others(hip: Dialect) -> None:
    said(hip, "I love coffee.")
    one = said(hip, "I hate coffee.")["id"]
    said(hip, "I love opera.")
    said(hip, "I hate opera.")
    assert hip.post("v1/conflicts/detect", {"user_id": "ada"})[1]["conflicts_found"] == 2
    (found,) = hip.post("v1/conflicts/detect", {"user_id": "ada", "memory_id": one})[1]["conflicts"]
    assert one in (found["memory_1_id"], found["memory_2_id"])
