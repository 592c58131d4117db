"""What HippocampAI's other rooms mean here: sessions, feedback, compaction, consolidation, healing, context."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from automation.models import TaskRun
from events import relay
from memory.models import Memory
from memory.tiers import cold
from memory.upkeep import embed
from tenants import keys, limits, plans
from tenants.metered import LONG, RATES
from tenants.models import Plan, Tenant
from tests.conftest import Caller, costs
from tests.dialects.speaking import Dialect

TALK = {"user_id": "ada", "session_id": "talk"}


def embedded(tenant: Tenant) -> None:
    with tenant_context(tenant):
        embed.pending()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def kept(tenant: Tenant, **which: Any) -> list[Memory]:
    with tenant_context(tenant):
        return list(Memory.objects.live().filter(**which))


def ids(told: list[dict[str, Any]], name: str = "session_id") -> list[str]:
    return [one[name] for one in told]


# --- sessions


def test_sessions_of_a_user_are_listed(hip: Dialect, ada: Caller, another: Dialect) -> None:
    ada.remember("Tea.", **TALK)
    ada.remember("Milk.", user_id="ben", session_id="other")
    (told,) = hip.get("api/sessions/list?user_id=ada")[1]
    assert (told["session_id"], told["memory_count"], told["is_active"], told["is_deleted"]) == ("talk", 1, True, False)
    assert told["last_active_at"] >= told["created_at"]
    assert hip.get("api/sessions/talk")[1] == told
    assert hip.get("api/sessions/stats")[1] == {
        "total_users": 2, "total_sessions": 2, "deleted_sessions": 0, "total_memories": 2,
    }  # fmt: skip
    assert another.get("api/sessions/list?user_id=ada") == (200, [])
    assert another.get("api/sessions/talk")[0] == 404


def test_a_session_is_deleted_and_restored_with_what_was_said(hip: Dialect, ada: Caller, another: Dialect) -> None:
    ada.remember("Tea.", **TALK)
    order = {"session_id": "talk", "reason": "asked for", "admin_user_id": "root"}
    assert another.post("api/sessions/soft-delete", order)[0] == 404
    status, record = hip.post("api/sessions/soft-delete", order)
    assert (status, record["entity_type"], record["deleted_by"], record["reason"]) == (
        200, "session", "root", "asked for",
    )  # fmt: skip
    assert ada.search("tea", user_id="ada") == []
    assert hip.get("api/sessions/list?user_id=ada") == (200, [])
    (gone,) = hip.get("api/sessions/list?user_id=ada&include_deleted=true")[1]
    assert (gone["session_id"], gone["is_deleted"], gone["memory_count"]) == ("talk", True, 1)
    assert moment(gone["created_at"]) <= moment(gone["last_active_at"])
    assert hip.get("api/sessions/talk")[0] == 404
    assert hip.get("api/sessions/talk?include_deleted=true")[1] == gone
    assert ids(hip.get("api/sessions/deleted/list?user_id=ada")[1], "id") == [record["id"]]
    assert another.get("api/sessions/deleted/list") == (200, [])
    restoring = {"record_id": record["id"], "admin_user_id": "root"}
    assert another.post("api/sessions/restore", restoring)[0] == 404
    status, back = hip.post("api/sessions/restore", restoring)
    assert (status, back["session_id"], back["memory_count"], back["is_active"]) == (200, "talk", 1, True)
    assert back["created_at"] == gone["created_at"]
    assert len(ada.search("tea", user_id="ada")) == 1
    assert hip.get("api/sessions/deleted/list") == (200, [])
    assert hip.get("api/sessions/deleted/list?include_restored=true")[1][0]["is_restored"] is True


def test_nobody_loses_a_session_for_anothers_of_its_name(hip: Dialect, ada: Caller) -> None:
    for user in ("ada", "ben"):
        ada.remember("Tea.", user_id=user, session_id="talk")
    order = {"session_id": "talk", "admin_user_id": "root"}
    assert hip.post("api/sessions/soft-delete", order)[0] == 422
    assert hip.post("api/sessions/soft-delete", order | {"user_id": "ada"})[1]["user_id"] == "ada"
    assert hip.get("api/sessions/talk?user_id=ada")[0] == 404
    assert hip.get("api/sessions/talk?user_id=ada&include_deleted=true")[1]["is_deleted"] is True
    assert hip.get("api/sessions/talk")[1]["user_id"] == "ben"
    assert hip.post("api/sessions/soft-delete", order)[1]["user_id"] == "ben"


def test_all_sessions_of_a_user_go_when_it_is_confirmed(hip: Dialect, ada: Caller) -> None:
    for name in ("a", "b"):
        ada.remember(f"Said in {name}.", user_id="ada", session_id=name)
    ada.remember("Milk.", user_id="ben", session_id="other")
    order = {"user_id": "ada", "admin_user_id": "root"}
    assert hip.post("api/sessions/wipe-user-data", order)[0] == 400
    status, told = hip.post("api/sessions/wipe-user-data", order | {"confirm": True})
    assert (status, told["sessions_deleted"], told["deleted_by"]) == (200, 2, "root")
    assert hip.get("api/sessions/stats")[1]["deleted_sessions"] == 2
    assert ids(hip.get("api/sessions/list?user_id=ben")[1]) == ["other"]


# --- feedback


def test_feedback_is_counted_and_scored(hip: Dialect, ada: Caller, another: Dialect) -> None:
    memory = ada.remember("Ada likes tea.", user_id="ada")
    path = f"v1/memories/{memory}/feedback"
    for kind, score in (("relevant", 1.0), ("partially_relevant", 0.6), ("outdated", 0.1)):
        told = hip.post(path, {"user_id": "ada", "query": "tea?", "feedback_type": kind})
        assert told == (200, {"memory_id": memory, "feedback_type": kind, "score": score})
    ada.post("feedback", {"query": "tea?", "user_id": "ada", "memory_id": memory, "helpful": False})
    told = hip.get(path)[1]
    assert (told["score"], told["event_count"]) == (0.425, 4)
    assert told["breakdown"] == {"relevant": 1, "partially_relevant": 1, "outdated": 1, "not_relevant": 1}
    assert hip.get("v1/feedback/stats?user_id=ada")[1]["stats"] == told["breakdown"] | {"total": 4}
    assert set(hip.get("v1/feedback/stats?user_id=ben")[1]["stats"].values()) == {0}
    assert another.get(path)[1] == {"memory_id": memory, "score": 0.5, "event_count": 0, "breakdown": {}}
    assert another.post(path, {"user_id": "ada", "feedback_type": "relevant"})[0] == 404
    assert hip.post(path, {"user_id": "ada", "feedback_type": "loved"})[0] == 422


# --- compaction and consolidation


def fill(ada: Caller, count: int = 6, **fields: Any) -> None:
    for n in range(count):
        when = (timezone.now() - timedelta(hours=n + 1)).isoformat()
        said = f"On day {n} Ada walked along the harbour with {n} friends, and they spoke of chess, roses and the sea."
        ada.remember(said, **{"user_id": "ada", "event_time": when, "kind": "event"} | fields)


def test_a_compaction_is_tried_before_it_is_done(hip: Dialect, ada: Caller, acme: Tenant, another: Dialect) -> None:
    fill(ada)
    asked = {"user_id": "ada"}
    seen = hip.get("api/compaction/preview?user_id=ada")[1]
    assert (seen["total_memories"], seen["compactable_clusters"], seen["by_type"]) == (6, 1, {"event": 6})
    status, tried = hip.post("api/compaction/compact", asked)
    assert (status, tried["status"], tried["dry_run"], tried["error"]) == (200, "completed", True, None)
    assert kept(acme, kind="summary") == []
    done = hip.post("api/compaction/compact", asked | {"dry_run": False})[1]
    (summary,) = kept(acme, kind="summary")
    assert done["summary"] == summary.content
    numbers = done["metrics"]
    assert (numbers["input_memories"], numbers["output_memories"]) == (6, 1)
    assert numbers["types_compacted"] == {"event": 6}
    assert numbers["output_characters"] == len(summary.content)
    assert numbers["compression_ratio"] == round(len(summary.content) / numbers["input_characters"], 4)
    assert tried["metrics"]["input_characters"] == numbers["input_characters"] == seen["total_characters"]
    listed = hip.get("api/compaction/history?user_id=ada")[1]
    assert [one["dry_run"] for one in listed] == [False, True]
    assert ids(listed, "id") == [done["id"], tried["id"]]
    assert another.get("api/compaction/history?user_id=ada") == (200, [])


@pytest.mark.parametrize(
    ("narrowed", "count"),
    [
        ({"lookback_hours": 3}, 4),
        ({"session_id": "talk"}, 2),
        ({"memory_types": ["event"]}, 6),
        ({"memory_types": ["goal"]}, 0),
        ({"memory_types": ["nonsense"]}, 0),
        ({"min_memories": 9}, 0),
        ({"min_memories": 1}, 8),
    ],
)
def test_a_compaction_is_of_what_it_is_asked_for(
    hip: Dialect, ada: Caller, narrowed: dict[str, Any], count: int
) -> None:
    fill(ada)
    for word in ("tea", "milk"):
        ada.remember(f"Ada takes {word} in the morning, as she always did.", kind="context", **TALK)
    asked = {"user_id": "ada", "min_memories": 2, "lookback_hours": 100, "memory_types": ["event", "context"]}
    told = hip.post("api/compaction/compact", asked | narrowed)[1]
    assert told["metrics"]["input_memories"] == count


def test_what_can_be_compacted_is_told(hip: Dialect) -> None:
    told = hip.get("api/compaction/types")[1]
    assert set(told["types"]) == set(told["descriptions"])
    assert "event" in told["types"]


def test_a_consolidation_is_triggered_and_told(hip: Dialect, ada: Caller, acme: Tenant, another: Dialect) -> None:
    for word in ("in the morning", "at noon", "in the evening"):
        ada.remember(f"Ada drinks green tea without sugar {word}.", user_id="ada", kind="event")
    embedded(acme)
    assert hip.get("api/consolidation/latest") == (200, None)
    assert hip.post("api/consolidation/trigger", {})[0] == 400
    tried = hip.post("api/consolidation/trigger?user_id=ada", {})[1]
    assert (tried["status"], tried["memories_reviewed"], len(kept(acme))) == ("completed", 3, 3)
    done = hip.post("api/consolidation/trigger", {"user_id": "ada", "dry_run": False})[1]
    assert done["memories_synthesized"] == len(kept(acme, source="consolidate")) == 1
    assert hip.get("api/consolidation/latest")[1] == done
    assert hip.get(f"api/consolidation/runs/{done['id']}")[1] == done
    assert ids(hip.get("api/consolidation/runs?limit=1")[1], "id") == [done["id"]]
    stats = hip.get("api/consolidation/stats")[1]
    assert (stats["total_runs"], stats["successful_runs"], stats["total_memories_synthesized"]) == (2, 2, 1)
    assert (stats["total_memories_reviewed"], stats["total_memories_deleted"]) == (3, 0)
    assert (stats["avg_duration_seconds"] > 0, stats["last_run_at"]) == (True, done["started_at"])
    assert (tried["dry_run"], done["dry_run"]) == (True, False)
    assert another.get(f"api/consolidation/runs/{done['id']}")[0] == 404
    assert another.get("api/consolidation/runs") == (200, [])


def test_the_tenants_policy_is_the_config_of_consolidation(hip: Dialect, acme: Tenant) -> None:
    off = hip.get("api/consolidation/config")[1]
    assert (off["enabled"], off["schedule_hour"], off["min_importance"]) == (False, None, 1.0)
    nightly = {"schedule": {"cron_expression": "0 3 * * *"}, "options": {"window_days": 2, "sample": 50}}
    admin = Caller(hip.key)
    assert admin.post("policies", {"type": "schedule", "jobs": {"consolidate": nightly}})[0] == 201
    assert hip.get("api/consolidation/config")[1] == {
        "enabled": True, "schedule_hour": 3, "lookback_hours": 48, "min_importance": 1.0,
        "max_memories_per_user": 50, "dry_run": False,
    }  # fmt: skip
    told = hip.get("api/consolidation/status")[1]
    assert (told["enabled"], told["schedule_hour"], told["last_run"], told["total_runs"]) == (True, 3, None, 0)
    assert hip.get("api/consolidation/stats")[1]["next_run_at"]


# --- context


def test_a_context_is_fitted_into_its_budget(hip: Dialect, ada: Caller, another: Dialect) -> None:
    tea = ada.remember("Ada takes her tea without sugar.", user_id="ada", kind="preference", tags=["tea"])
    ada.remember("Ben takes milk in his tea.", user_id="ben")
    asked = {"query": "How does Ada take her tea?", "user_id": "ada", "token_budget": 500}
    status, pack = hip.post("v1/context:assemble", asked)
    assert (status, pack["citations"], pack["user_id"], pack["session_id"]) == (200, [tea], "ada", None)
    (item,) = pack["selected_items"]
    assert (item["memory_type"], item["tags"], item["memory_id"]) == ("preference", ["tea"], tea)
    assert "without sugar" in pack["final_context_text"]
    assert 0 < pack["total_tokens"] <= 500
    assert pack["constraints"]["token_budget"] == 500
    text = hip.post("v1/context:assemble/text", asked | {"include_citations": False})[1]
    assert (text["context"], text["citations"], text["item_count"]) == (pack["final_context_text"], [], 1)
    assert hip.post("v1/context:assemble/text", asked | {"type_filter": ["goal"]})[1]["item_count"] == 0
    said_there = ada.remember("Ada takes tea at four.", user_id="ada", session_id="talk")
    narrowed = hip.post("v1/context:assemble", asked | {"session_id": "talk", "token_budget": 100_000})[1]
    assert (narrowed["citations"], narrowed["session_id"]) == ([said_there], "talk")
    assert narrowed["constraints"]["token_budget"] == 32_000
    assert another.post("v1/context:assemble/text", asked)[1] == {
        "context": "", "citations": [], "token_count": 0, "item_count": 0,
    }  # fmt: skip


# --- healing


def test_health_is_told_in_detail_or_short(hip: Dialect, ada: Caller) -> None:
    fill(ada, 3)
    short = hip.post("v1/healing/health", {"user_id": "ada", "detailed": False})[1]
    assert sorted(short) == ["memory_count", "overall_score", "status"]
    whole = hip.post("v1/healing/health", {"user_id": "ada"})[1]
    assert (whole["memory_count"], whole["recommendations"]) == (3, ["There are few memories. Store more."])
    assert hip.post("v1/healing/health/stale?user_id=ada", {})[1] == {"stale_memories": [], "count": 0}


def test_a_gap_is_a_topic_of_which_little_is_known(hip: Dialect, ada: Caller) -> None:
    fill(ada, 3, tags=["harbour"])
    ada.remember("Ada's boat lies at the pier.", user_id="ada", kind="event", tags=["boats"])
    ada.remember("Bob keeps bees.", user_id="bob", kind="event", tags=["bees"])
    told = hip.post("v1/healing/health/gaps?user_id=ada", {})[1]
    assert [(gap["topic"], gap["memory_count"], gap["gaps"]) for gap in told["gaps"]] == [("boats", 1, ["few"])]
    assert told["count"] == 1


def test_doubles_are_found_and_merged(hip: Dialect, ada: Caller, acme: Tenant, another: Dialect) -> None:
    for tail in ("", "!"):
        ada.remember(f"Ada lives in Berlin, beside the old harbour{tail}", user_id="ada")
    embedded(acme)
    found = hip.post("v1/healing/health/duplicates?user_id=ada", {})[1]
    assert found["total_duplicates"] == 2
    assert found["clusters"][0]["representative_text"].startswith("Ada lives in Berlin")
    order = {"user_id": "ada", "similarity_threshold": 0.85}
    tried = hip.post("v1/healing/deduplication", order)[1]
    assert (len(tried["actions_recommended"]), tried["actions_applied"], TaskRun.objects.count()) == (1, [], 0)
    assert len(kept(acme)) == 2
    assert another.post("v1/healing/deduplication", order | {"dry_run": False})[1]["actions_applied"] == []
    assert (tried["clusters_found"], tried["duplicates_removed"], tried["success"]) == (1, 0, True)
    done = hip.post("v1/healing/deduplication", order | {"dry_run": False})[1]
    assert (done["clusters_found"], done["duplicates_removed"]) == (1, 1)
    assert [action["action_type"] for action in done["actions_applied"]] == ["merge"]
    assert len(kept(acme)) == 1


def test_a_full_check_tries_everything(hip: Dialect, ada: Caller) -> None:
    fill(ada, 3)
    told = hip.post("v1/healing/full-check?user_id=ada", {})[1]
    assert (told["health_improvement"], told["total_actions_applied"]) == (0, 0)
    each = [len(told[name]["actions_recommended"]) for name in ("cleanup", "deduplication", "consolidation")]
    assert told["total_actions_recommended"] == sum(each) == sum(told["actions_by_type"].values())
    assert (told["dry_run"], told["health"]["memory_count"]) == (True, 3)
    assert told["cleanup"]["actions_applied"] == []
    assert hip.post("v1/healing/full-check", {})[0] == 422
    assert hip.post("v1/healing/consolidate", {"user_id": "ada", "tag": "tea"})[0] == 422


def test_a_consolidation_tells_what_it_writes(hip: Dialect, ada: Caller, acme: Tenant) -> None:
    sources = [
        ada.remember(f"Ada drinks green tea without sugar {when}.", user_id="ada", kind="event")
        for when in ("in the morning", "at noon", "in the evening")
    ]
    embedded(acme)
    (tried,) = hip.post("v1/healing/consolidate", {"user_id": "ada"})[1]["consolidations"]
    (done,) = hip.post("v1/healing/consolidate", {"user_id": "ada", "dry_run": False})[1]["consolidations"]
    (made,) = kept(acme, source="consolidate")
    assert set(tried["source_memory_ids"]) == set(sources)
    assert tried["consolidated_text"] == done["consolidated_text"] == made.content


def test_importance_is_scored_anew(hip: Dialect, ada: Caller, acme: Tenant) -> None:
    memory = ada.remember("Ada likes tea.", user_id="ada")
    with tenant_context(acme):
        Memory.objects.update(importance=0.111)
    told = hip.post("v1/healing/importance", {"user_id": "ada", "dry_run": False, "max_adjustments": 100_000})[1]
    (made,) = told["adjustments"]
    (now,) = kept(acme)
    assert (made["memory_id"], made["new_importance"]) == (memory, round(10 * now.importance, 4))
    assert (told["total_adjusted"], told["success"]) == (1, True)


def test_what_is_stale_is_told_wherever_its_text_is(hip: Dialect, ada: Caller, acme: Tenant) -> None:
    memory = ada.remember("Ada liked tea.", user_id="ada")
    with tenant_context(acme):
        cold.archive(UUID(memory))
        old = timezone.now() - timedelta(days=200)
        Memory.objects.update(created_at=old, updated_at=old, recalled_at=old + timedelta(days=100), recalls=1)
    (told,) = hip.post("v1/healing/health/stale?user_id=ada", {})[1]["stale_memories"]
    assert (told["text"], told["days_since_access"]) == ("Ada liked tea.", 100)


# --- usage, audit, dashboard


def test_what_a_tenant_uses_is_told(hip: Dialect, ada: Caller, acme: Tenant, another: Dialect) -> None:
    ada.remember("Tea.", user_id="ada")
    told = hip.get(f"api/usage/me?user_id={acme.pk}")[1]
    assert (told["total_memories"], told["total_storage_bytes"], told["user_id"]) == (1, 4, str(acme.pk))
    assert told["usage_today"]["storage_bytes"] == 4
    assert len(told["api_calls_trend"]) == 30
    assert another.get("api/usage/me")[1]["total_memories"] == 0
    assert another.get(f"api/usage/me?user_id={acme.pk}")[0] == 404
    assert (told["api_calls_limit_day"], told["api_usage_percent"]) == (None, 0.0)
    quotas = hip.get("api/usage/quotas")[1]
    assert sorted(quotas["quotas"]) == ["api_calls_daily", "memories", "searches_daily", "storage"]
    assert [quotas["quotas"][name]["used"] for name in ("memories", "storage")] == [1, 4]
    assert hip.get("api/usage/platform")[0] == 403


def test_what_a_key_did_is_told(hip: Dialect, acme: Tenant, another: Dialect) -> None:
    key, _ = keys.issue(acme, "counted")
    told = hip.get(f"api/usage/api-keys/{key.pk}")[1]
    assert (told["key_name"], told["total_calls"], told["last_used"]) == ("counted", 0, None)
    assert another.get(f"api/usage/api-keys/{key.pk}")[0] == 404


def test_an_operator_is_told_of_all_tenants(hip: Dialect) -> None:
    operator = Dialect("hippocampai", keys.issue(None, "operator", ["platform"])[1])
    status, told = operator.get("api/usage/platform")
    assert (status, told["total_users"], sum(told["users_by_tier"].values())) == (200, 2, 2)


def test_the_ledger_is_the_audit_log(hip: Dialect, ada: Caller, acme: Tenant, globex: Tenant, another: Dialect) -> None:
    memory = ada.remember("Tea.", user_id="ada")
    ada.delete(f"memories/{memory}")
    relay.relay_batch(acme.pk)
    told = hip.get(f"api/audit/logs?resource_id={memory}")[1]
    assert ids(told["events"], "action") == ["memory_delete", "memory_create"]
    assert (told["total_count"], told["page"], told["has_more"]) == (2, 1, False)
    first = told["events"][0]
    assert (first["resource_type"], first["severity"], first["success"]) == ("memory", "info", True)
    assert hip.get(f"api/audit/logs/{first['id']}")[1] == first
    page = hip.post("api/audit/logs/search", {"actions": ["memory_create"], "page_size": 1})[1]
    assert ids(page["events"], "action") == ["memory_create"]
    assert hip.get("api/audit/logs?severity=error")[1]["events"] == []
    assert hip.get(f"api/audit/logs?resource_id={memory}&search=was STORED")[1]["total_count"] == 1
    assert hip.get("api/audit/logs?action=nothing")[1]["total_count"] == 0
    assert hip.get("api/audit/stats")[1]["events_by_action"]["memory_create"] == 1
    assert "memory_create" in hip.get("api/audit/actions")[1]["memories"]
    assert hip.get("api/audit/severities")[1] == ["debug", "info", "warning", "error", "critical"]
    assert another.get(f"api/audit/logs?resource_id={memory}")[1]["events"] == []
    assert another.get(f"api/audit/logs/{first['id']}")[0] == 404
    assert another.get(f"api/audit/logs?tenant_id={acme.slug}")[0] == 404


def test_the_dashboard_counts_what_there_is(hip: Dialect, ada: Caller, another: Dialect) -> None:
    one = ada.remember("Ada met Ben.", user_id="ada", people=["Ben"], tags=["friends"], topic="life")
    other = ada.remember("Ada likes tea.", user_id="ada", kind="preference")
    ada.post("relations", {"source": one, "target": other, "type": "supports"})
    hip.get("api/dashboard/stats?user_id=ada")  # the key is known, and its use noted
    with costs(8):
        told = hip.get("api/dashboard/stats?user_id=ada")[1]
    numbers = ("total_memories", "total_entities", "total_concepts", "total_tags", "total_connections")
    assert [told[name] for name in numbers] == [2, 1, 1, 1, 1]
    assert told["top_tags"] == [{"name": "friends", "count": 1}]
    assert (told["uncategorized_memories"], told["archived_memories"]) == (1, 0)
    assert ids(told["recent_memories"], "id") == [other, one]
    acted = hip.get("api/dashboard/recent-activity?user_id=ada&limit=1")[1]["activities"]
    assert [activity["metadata"]["memory_id"] for activity in acted] == [other]
    assert another.get("api/dashboard/stats?user_id=ada")[1]["total_memories"] == 0
    assert another.get("api/dashboard/recent-activity")[1] == {"activities": []}


def test_a_tier_is_a_plan_and_its_rate_is_told_and_kept(acme: Tenant) -> None:
    of_tenant = {name: None for name in RATES if name.startswith("tenant")}  # of which others spent before
    plans.assign(acme, Plan.objects.get(name="free"), of_tenant)
    caller = Dialect("hippocampai", keys.issue(acme, "free")[1])
    assert caller.get(f"api/usage/me?user_id={acme.pk}")[1]["tier"] == "free"
    answers = [caller.raw("GET", "v1/memories/analytics?user_id=ada") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert (answers[0]["X-RateLimit-Limit"], answers[0]["X-RateLimit-Remaining"]) == ("10", "9")
    assert int(answers[-1]["Retry-After"]) <= 61
    assert set(answers[-1].json()) == {"error", "message"}


def test_a_tier_s_hour_and_day_are_told_and_kept(acme: Tenant) -> None:
    for name in LONG:
        limits._script().registered_client.delete(f"rate:{acme.pk}:{name}")
    a_minute = [name for name in RATES if name != "tenant_day"]
    plans.assign(acme, Plan.objects.get(name="free"), dict.fromkeys(a_minute) | {"tenant_hour": 5})
    caller = Dialect("hippocampai", keys.issue(acme, "free")[1])
    told = caller.get("api/usage/me")[1]
    assert (told["api_calls_limit_day"], told["api_usage_percent"]) == (1_000, 0.1)
    quotas = caller.get("api/usage/quotas")[1]["quotas"]
    assert quotas["api_calls_daily"] == {"used": 2, "limit": 1_000, "percent": 0.2}
    assert quotas["api_calls_hourly"] == {"used": 2, "limit": 5, "percent": 40.0}
    answers = [caller.raw("GET", "v1/memories/analytics?user_id=ada") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429]
    assert (answers[2]["X-RateLimit-Limit"], answers[2]["X-RateLimit-Remaining"]) == ("5", "0")
    assert 3_540 < int(answers[-1]["Retry-After"]) <= 3_660


def test_of_windows_that_are_both_used_up_the_one_that_lasts_longer_is_told(acme: Tenant) -> None:
    limits._script().registered_client.delete(f"rate:{acme.pk}:hour")
    plans.assign(acme, None, dict.fromkeys(RATES) | {"key_read": 1, "tenant_hour": 1})
    answer = Dialect("hippocampai", keys.issue(acme, "few")[1]).raw("GET", "v1/memories/analytics?user_id=ada")
    assert answer["X-RateLimit-Remaining"] == "0"
    assert int(answer["X-RateLimit-Reset"]) > 3_540
