"""The real clients of Cognitive Memory Layer, 1.5.1 and 1.0.8, sync and async: administration and the dashboard."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.clients import test_cml
from tests.clients.environments import CML, CML_OLD
from tests.clients.remote import Agent, Raised, Remote
from tests.journeys.house import House, eventually

CLASSES = {"sync": "cml:CognitiveMemoryLayer", "async": "cml:AsyncCognitiveMemoryLayer"}
D = "api/v1/dashboard"
# What both versions have, then what 1.5.1 has beside it; the operations that each method calls.
OLD = {
    "consolidate": f"POST {D}/consolidate",
    "run_forgetting": f"POST {D}/forget",
    "list_tenants": f"GET {D}/tenants",
    "get_events": f"GET {D}/events",
    "component_health": f"GET {D}/components",
    "iter_memories": f"GET {D}/memories",
}
NEW = {
    "reconsolidate": f"POST {D}/reconsolidate",
    "admin_consolidate": "POST api/v1/admin/consolidate/{user_id}",
    "admin_forget": "POST api/v1/admin/forget/{user_id}",
    "dashboard_memories": f"GET {D}/memories",
    "dashboard_memory_detail": f"GET {D}/memories/{{memory_id}}",
    "bulk_memory_action": f"POST {D}/memories/bulk-action",
    "dashboard_facts": f"GET {D}/facts",
    "dashboard_invalidate_fact": f"POST {D}/facts/{{fact_id}}/invalidate",
    "dashboard_export_memories": f"GET {D}/export/memories",
    "dashboard_overview": f"GET {D}/overview",
    "dashboard_timeline": f"GET {D}/timeline",
    "get_sessions": f"GET {D}/sessions",
    "get_rate_limits": f"GET {D}/ratelimits",
    "get_request_stats": f"GET {D}/request-stats",
    "get_graph_stats": f"GET {D}/graph/stats",
    "graph_overview": f"GET {D}/graph/overview",
    "explore_graph": f"GET {D}/graph/explore",
    "search_graph": f"GET {D}/graph/search",
    "dashboard_neo4j_config": f"GET {D}/graph/neo4j-config",
    "get_config": f"GET {D}/config",
    "update_config": f"PUT {D}/config",
    "get_labile_status": f"GET {D}/labile",
    "test_retrieval": f"POST {D}/retrieval",
    "get_jobs": f"GET {D}/jobs",
    "reset_database": f"POST {D}/database/reset",
}
METHODS = OLD | NEW
NEW_ONLY = pytest.mark.parametrize("door", ["new-sync", "new-async"], indirect=True, scope="module")
EPISODES = [
    "I had green tea for breakfast at home.",
    "I drank green tea for breakfast today at home.",
    "Green tea for breakfast again at home today.",
]
FACT, RULE, SECRET = "Ada lives in Vienna.", "Never book flights before nine.", "Globex grows saffron."


@dataclass(frozen=True)
class Door:
    """A client over a tenant of its own, in which it wrote, and what it wrote by."""

    client: Remote
    agent: Agent
    key: str
    slug: str
    ids: dict[str, str]
    methods: dict[str, str]

    def tenants(self, client: Remote | None = None) -> list[Any]:
        """1.5.1 answers with a model, 1.0.8 with a list."""
        told = (client or self.client).list_tenants()
        return list(told["tenants"] if isinstance(told, dict) else told)

    def texts(self, **asked: Any) -> list[str]:
        return sorted(one["text"] for one in self.client.iter_memories(**asked))


@pytest.fixture(scope="module")
def stranger(house: House, tenant: Callable[[str], str], native: Callable[[str], Any]) -> str:
    """The id of a memory of another tenant."""
    answer = native(tenant("cml-globex")).post("memories", json={"content": SECRET, "people": ["Ada"]})
    found: str = answer.json()["data"][0]["id"]
    return found


@pytest.fixture(scope="module", params=["new-sync", "new-async", "old-sync", "old-async"])
def door(
    request: pytest.FixtureRequest,
    house: House,
    tenant: Callable[[str], str],
    native: Callable[[str], Any],
    stranger: str,
    agents: Callable[..., Agent],
) -> Iterator[Door]:
    version, how = request.param.split("-")
    slug = f"cml-{request.param}"
    key, agent = tenant(slug), agents(CML if version == "new" else CML_OLD)
    client = open_client(house, agent, request.param, CLASSES[how], key)
    told = {"people": ["Ada", "Ben"], "topic": "chess", "user_id": "ada", "content": "Ada beat Ben at chess."}
    native(key).post("memories", json=told)
    said = [(text, "episodic_event") for text in EPISODES] + [(FACT, "semantic_fact"), (RULE, "constraint")]
    ids = {text: client.write(text, memory_type=kind)["memory_id"] for text, kind in said}
    eventually(lambda: native(key).get("stats").json()["waiting"] == 0, 60)  # each has its vector
    yield Door(client, agent, key, slug, ids, METHODS if version == "new" else OLD)
    client.close()


def open_client(house: House, agent: Agent, name: str, of: str, key: str) -> Remote:
    return agent.open(name, of, api_key=key, base_url=f"{house.facts['url']}/compat/cml")


def test_a_tenant_is_told_of_itself_alone(door: Door) -> None:
    (told,) = door.tenants()
    assert told["tenant_id"] == door.slug
    assert told["memory_count"] == told["active_memory_count"] == 6
    assert told["fact_count"] == 3  # one of them was told natively
    assert told["last_memory_at"]


def test_a_key_of_the_platform_is_told_of_all_tenants(house: House, door: Door) -> None:
    operator = house.manage("keys", "issue", f"operator-{door.slug}", "--platform").splitlines()[-1]
    client = open_client(house, door.agent, "operator", CLASSES["sync"], operator)
    told = {one["tenant_id"]: one["memory_count"] for one in door.tenants(client)}
    assert told["cml-globex"] == 1
    assert told[door.slug] == 6
    client.close()


def test_a_key_without_admin_is_refused(house: House, door: Door, another_key: Callable[..., str]) -> None:
    key = another_key(door.key, f"plain {door.slug}", scopes=["read", "write"])
    client = open_client(house, door.agent, "plain", CLASSES["sync"], key)
    for method in OLD:
        with pytest.raises(Raised) as raised:
            getattr(client, method)()
        assert raised.value.kind == "AuthorizationError", method
    client.close()


def test_events_are_paged_and_filtered(door: Door) -> None:
    eventually(lambda: door.client.get_events(event_type="memory_op")["total"] >= 6)
    told = door.client.get_events(limit=4, page=1, event_type="memory_op")
    assert (len(told["items"]), told["per_page"], told["page"]) == (4, 4, 1)
    assert told["total_pages"] == -(-told["total"] // 4)
    assert {one["event_type"] for one in told["items"]} == {"memory_op"}
    assert {one["tenant_id"] for one in told["items"]} == {door.slug}
    second = door.client.get_events(limit=4, page=2, event_type="memory_op")
    assert not {one["id"] for one in told["items"]} & {one["id"] for one in second["items"]}
    added = [one for one in told["items"] + second["items"] if one["operation"] == "add"]
    assert door.ids[RULE] in [key for one in added for key in one["memory_ids"]]
    assert door.client.get_events(since=datetime.now(UTC) + timedelta(hours=1))["items"] == []


def test_components_are_told_with_their_health(door: Door) -> None:
    told = door.client.component_health()
    listed = told["components"] if isinstance(told, dict) else told
    by_name = {one["name"]: one for one in listed}
    assert {"PostgreSQL", "Redis", "Embedding", "Neo4j"} <= set(by_name)
    assert by_name["PostgreSQL"]["status"] == "ok"
    assert by_name["PostgreSQL"]["latency_ms"] >= 0


def test_all_memories_are_walked_page_by_page(door: Door) -> None:
    everything = [*EPISODES, FACT, RULE, "Ada beat Ben at chess."]
    assert door.texts(batch_size=2) == sorted(everything)
    constraint = door.agent.open("constraint", "cml.models:MemoryType", "constraint")
    assert door.texts(memory_types=[constraint]) == [RULE]
    assert door.texts(status="silent") == []


def test_a_dry_run_of_forgetting_scores_and_changes_nothing(door: Door) -> None:
    told = door.client.run_forgetting(dry_run=True, max_memories=100)
    assert told["dry_run"] is True
    assert set(told["actions"]) == {"KEEP", "DECAY", "SILENCE", "COMPRESS", "DELETE"}
    assert told["total_scored"] == sum(told["actions"].values()) == 6
    assert told["operations_applied"] == 0
    assert door.client.stats()["active_memories"] == 6


def test_at_most_so_many_memories_are_scored(door: Door) -> None:
    assert door.client.run_forgetting(max_memories=2)["total_scored"] == 2


def test_consolidation_makes_facts_of_episodes(door: Door) -> None:
    told = door.client.consolidate()
    assert told["status"] == "completed", told
    assert told["tenant_id"] == door.slug
    assert told["episodes_sampled"] >= 3
    assert told["clusters_formed"] >= 1
    assert told["facts_extracted"] >= 1
    assert told["migrations_completed"] == told["facts_created"] + told["facts_updated"] >= 1
    again = door.client.consolidate()
    assert again["migrations_completed"] == 0  # what is consolidated is not sampled again


def test_forgetting_does_what_it_planned(door: Door) -> None:
    planned = door.client.run_forgetting(dry_run=True)["actions"]
    told = door.client.run_forgetting(dry_run=False)
    assert told["actions"] == planned
    assert told["operations_applied"] == told["decayed"] + told["silenced"] + told["compressed"] + told["deleted"]
    assert told["operations_applied"] == sum(planned.values()) - planned["KEEP"]


@NEW_ONLY
def test_jobs_tell_what_was_run(door: Door) -> None:
    door.client.reconsolidate()
    told = door.client.get_jobs(limit=50)
    assert {"consolidate", "forget", "reconsolidate"} <= {one["job_type"] for one in told["items"]}
    assert told["total"] >= len(told["items"]) > 0
    (newest,) = door.client.get_jobs(limit=1, job_type="forget")["items"]
    assert (newest["job_type"], newest["status"]) == ("forget", "completed")
    assert newest["result"]["total_scored"] > 0
    assert newest["duration_seconds"] >= 0


@NEW_ONLY
def test_upkeep_of_one_user_touches_nobody_else(door: Door) -> None:
    told = door.client.admin_forget("ada", dry_run=True)
    assert (told["status"], told["user_id"], told["memories_scanned"]) == ("forgetting_completed", "ada", 1)
    assert door.client.admin_forget("nobody")["memories_scanned"] == 0
    assert door.client.admin_consolidate("nobody")["episodes_sampled"] == 0
    assert door.client.reconsolidate(user_id="nobody")["sessions_released"] == 0


@NEW_ONLY
def test_memories_are_listed_sorted_and_searched(door: Door) -> None:
    told = door.client.dashboard_memories(search="Vienna")
    assert [one["id"] for one in told["items"]] == [door.ids[FACT]]
    assert told["total"] == 1
    assert [one["text"] for one in door.client.dashboard_memories(type="constraint")["items"]] == [RULE]
    ascending = door.client.dashboard_memories(sort_by="written_at", order="asc", per_page=3)
    times = [one["written_at"] for one in ascending["items"]]
    assert (len(times), times) == (3, sorted(times))
    assert door.client.dashboard_memories(search="saffron")["items"] == []


@NEW_ONLY
def test_a_memory_is_shown_whole_and_another_tenants_is_not(door: Door, stranger: str) -> None:
    told = door.client.dashboard_memory_detail(door.ids[RULE])
    assert (told["text"], told["type"], told["status"]) == (RULE, "constraint", "active")
    assert told["tenant_id"] == door.slug
    assert told["related_events"]
    with pytest.raises(Raised) as raised:
        door.client.dashboard_memory_detail(stranger)
    assert raised.value.kind == "NotFoundError"


@NEW_ONLY
def test_memories_are_put_aside_and_deleted_in_bulk(door: Door, stranger: str) -> None:
    ids = [door.client.write(f"Bulk number {at}.")["memory_id"] for at in range(3)]
    statuses = {"silence": "silent", "archive": "archived", "delete": "deleted"}
    for key, (action, status) in zip(ids, statuses.items(), strict=True):
        told = door.client.bulk_memory_action([key, stranger], action)
        assert (told["success"], told["affected"], told["action"]) == (True, 1, action)
        assert door.client.dashboard_memory_detail(key)["status"] == status
        assert key in [one["id"] for one in door.client.dashboard_memories(status=status, per_page=100)["items"]]
    assert not any(text.startswith("Bulk") for text in door.texts())


@NEW_ONLY
def test_a_fact_holds_until_it_is_invalidated(door: Door) -> None:
    key = door.client.write("Ada's cat is called Mozart.", memory_type="semantic_fact")["memory_id"]
    facts = door.client.dashboard_facts(limit=100)
    (told,) = [one for one in facts["items"] if one["id"] == key]
    assert (told["value"], told["is_current"]) == ("Ada's cat is called Mozart.", True)
    assert facts["total"] >= 2
    assert {one["category"] for one in door.client.dashboard_facts(category="constraint")["items"]} == {"constraint"}
    assert door.client.dashboard_invalidate_fact(key)["success"] is True
    assert key not in [one["id"] for one in door.client.dashboard_facts(limit=100)["items"]]
    (told,) = [one for one in door.client.dashboard_facts(current_only=False, limit=100)["items"] if one["id"] == key]
    assert told["is_current"] is False


@NEW_ONLY
def test_the_export_holds_all_that_is_there(door: Door) -> None:
    told = door.client.dashboard_export_memories()
    assert isinstance(told, list)
    assert sorted(one["text"] for one in told) == door.texts(batch_size=200)
    assert SECRET not in [one["text"] for one in told]


@NEW_ONLY
def test_the_overview_counts_what_there_is(door: Door) -> None:
    told, stats = door.client.dashboard_overview(), door.client.stats()
    assert told["active_memories"] == len(door.texts()) == stats["active_memories"]
    assert told["total_memories"] == stats["total_memories"] == sum(told["by_type"].values())
    assert told["by_type"] == stats["by_type"]
    assert told["by_status"]["active"] == told["active_memories"]
    assert told["current_semantic_facts"] == door.client.dashboard_facts()["total"]
    assert told["total_events"] >= told["events_by_operation"]["add"] >= 6
    assert 0 < told["avg_confidence"] <= 1
    assert told["estimated_size_mb"] > 0


@NEW_ONLY
def test_the_timeline_has_a_point_for_each_day(door: Door) -> None:
    told = door.client.dashboard_timeline(days=7)
    assert len(told["points"]) == 7
    assert told["points"][-1]["date"] == datetime.now(UTC).date().isoformat()
    assert told["total"] == sum(one["count"] for one in told["points"]) == len(door.texts())


@NEW_ONLY
def test_sessions_are_listed_with_their_time_and_memories(door: Door) -> None:
    opened = door.client.create_session(name="supper", ttl_hours=1)["session_id"]
    door.client.write("We talk about supper.", session_id=opened)
    told = door.client.get_sessions()
    (session,) = [one for one in told["sessions"] if one["session_id"] == opened]
    assert session["memory_count"] == 1
    assert 3_000 < session["ttl_seconds"] <= 3_600
    assert told["total_active"] >= 1
    assert told["total_memories_with_session"] >= 1


@NEW_ONLY
def test_requests_are_counted_by_the_hour(door: Door) -> None:
    told = eventually(lambda: (said := door.client.get_request_stats(hours=24))["total_last_24h"] and said)
    assert len(told["points"]) == 24
    assert told["total_last_24h"] == sum(one["count"] for one in told["points"])


@NEW_ONLY
def test_rate_limits_tell_what_is_spent(door: Door) -> None:
    told = door.client.get_rate_limits()
    for entry in told["entries"]:
        assert 0 <= entry["current_count"] <= entry["limit"]
    assert all(entry["key_type"] in ("api_key", "tenant") for entry in told["entries"])


@NEW_ONLY
def test_the_graph_ties_those_whom_one_memory_names(door: Door) -> None:
    stats = door.client.get_graph_stats()
    assert stats["entity_types"]["person"] == 2
    assert stats["tenants_with_graph"] == [door.slug]
    whole = door.client.graph_overview()
    assert door.client.graph_overview(scope_id="elsewhere")["nodes"] == []
    assert {"Ada", "Ben", "chess"} <= {one["entity"] for one in whole["nodes"]}
    near = door.client.explore_graph(entity="Ada", depth=1)
    assert near["center_entity"] == "Ada"
    assert ("Ada", "Ben") in [(one["source"], one["target"]) for one in near["edges"]]
    (found,) = door.client.search_graph("be")["results"]
    assert (found["entity"], found["entity_type"], found["tenant_id"]) == ("Ben", "person", door.slug)
    assert door.client.explore_graph(entity="Nobody")["nodes"] == []


@NEW_ONLY
def test_there_is_no_neo4j(door: Door) -> None:
    assert set(door.client.dashboard_neo4j_config().values()) == {""}


@NEW_ONLY
def test_the_configuration_is_told_and_changed_and_secrets_are_masked(door: Door) -> None:
    assert door.client.update_config({"trace_days": 3})["success"] is True
    items = {one["key"]: one for section in door.client.get_config()["sections"] for one in section["items"]}
    assert (items["trace_days"]["value"], items["trace_days"]["source"]) == (3, "tenant")
    assert items["trace_days"]["is_editable"] is True
    assert items["api_key"]["is_secret"] is True
    assert door.key not in str(items)
    with pytest.raises(Raised) as raised:
        door.client.update_config({"embedder": "another"})
    assert raised.value.kind == "ValidationError"


@NEW_ONLY
def test_what_reviews_ask_about_is_labile(door: Door) -> None:
    told = door.client.get_labile_status()
    assert [one["tenant_id"] for one in told["tenants"]] == [door.slug]
    assert told["total_db_labile"] == door.client.dashboard_overview()["labile_memories"]


@NEW_ONLY
def test_a_question_is_tried(door: Door) -> None:
    told = door.client.test_retrieval("Where does Ada live?", max_results=3)
    assert told["results"][0]["text"] == FACT
    assert told["total_count"] == len(told["results"]) <= 3
    assert 0 < told["results"][0]["relevance_score"] <= 1
    only = door.client.test_retrieval("flights", memory_types=["constraint"], response_format="llm_context")
    assert [one["text"] for one in only["results"]] == [RULE]
    assert RULE in only["llm_context"]


@NEW_ONLY
def test_reset_deletes_all_of_the_tenant_and_of_nobody_else(door: Door, native: Callable[[str], Any]) -> None:
    with pytest.raises(Raised):
        door.client.reset_database(confirm=False)
    assert door.texts()
    assert door.client.reset_database(confirm=True)["success"] is True
    assert door.texts() == []
    assert door.client.stats()["total_memories"] == 0


def test_each_method_was_driven(door: Door) -> None:
    assert sorted(set(door.methods) - door.agent.driven) == []


def test_each_public_method_of_the_class_is_in_a_table(door: Door) -> None:
    names = {name for name in door.agent.open("names", "builtins:dir", door.client).copy() if name[0] != "_"}
    assert sorted(names - set(METHODS | test_cml.METHODS | test_cml.CALLS_NOTHING)) == []
    assert sorted(set(door.methods) - names) == []
