"""What the administration of Cognitive Memory Layer means: upkeep, figures, browsing, facts, graph, configuration."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics import counts
from analytics.counts import Cell, hour_of
from api.dialects.cml.presenters.house import MASK
from events import relay
from events.models import Event
from memory.models import Memory, Session
from memory.remember import remember
from memory.reviews import propose
from memory.sessions import open_session
from memory.types import Draft, Scope, SessionDraft
from memory.upkeep import embed
from tenants import keys
from tenants.models import Tenant
from tests.conftest import costs
from tests.dialects.speaking import Keyed
from tests.isolation.test_sweep import whole

D = "api/v1/dashboard"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Cml(Keyed):
    """As its client sends: the key in `X-API-Key`, a tenant beside it."""

    def __init__(self, key: str, **headers: str) -> None:
        super().__init__("cml", key, **headers)

    def ask(self, path: str, **headers: str) -> Any:
        status, told = self.get(f"{D}/{path}", **headers)
        assert status == 200, told
        return told

    def do(self, path: str, body: Any) -> Any:
        status, told = self.post(f"{D}/{path}", body)
        assert status == 200, told
        return told


@pytest.fixture
def cml(acme: Tenant) -> Cml:
    return Cml(keys.issue(acme, "ada")[1], X_Tenant_ID="default")


@pytest.fixture
def operator(acme: Tenant) -> Cml:
    return Cml(keys.issue(None, "operator", ["platform"])[1], X_Tenant_ID="default")


def said(content: str, tenant: Tenant, user: str = "ada", **fields: Any) -> str:
    with tenant_context(tenant):
        outcome = remember(Draft(content, Scope(user_id=user), **fields))
        embed.pending()
    return str(outcome.id)


# --- who may


@pytest.mark.parametrize("scopes", [["read", "write"], ["admin"]])
def test_administration_does_not_go_before_the_right_to_read(acme: Tenant, scopes: list[str]) -> None:
    """An ordinary key may not administer, and one that may only do that may not read memories by it."""
    status, told = Cml(keys.issue(acme, "half", scopes)[1]).get(f"{D}/memories")
    assert (status, set(told)) == (403, {"detail"})


def test_a_tenant_in_the_body_of_an_ordinary_key_is_not_heard(cml: Cml, acme: Tenant, globex: Tenant) -> None:
    said("Globex grows saffron.", globex)
    told = cml.do("forget", {"tenant_id": "globex", "dry_run": True})
    assert (told["tenant_id"], told["total_scored"]) == ("acme", 0)
    assert cml.ask("memories?tenant_id=globex")["items"] == []


def test_an_operator_names_the_tenant_in_body_or_query(operator: Cml, acme: Tenant) -> None:
    said("Ada lives in Vienna.", acme)
    assert operator.do("forget", {"tenant_id": "acme"})["total_scored"] == 1
    assert operator.ask("memories?tenant_id=acme")["total"] == 1
    assert operator.post(f"{D}/forget", {"tenant_id": "nobody"})[0] == 404
    forgotten = operator.post("api/v1/memory/forget", {"query": "Vienna"}, X_Tenant_ID="acme")
    assert (forgotten[0], forgotten[1]["affected_count"]) == (200, 1)
    assert operator.get(f"{D}/overview")[0] == 404  # there is no tenant called default


def test_an_operator_is_told_of_all_tenants_and_a_tenant_of_itself(cml: Cml, operator: Cml, acme: Tenant) -> None:
    said("Ada lives in Vienna.", acme)
    assert [one["tenant_id"] for one in cml.ask("tenants")["tenants"]] == ["acme"]
    told = {one["tenant_id"]: one["memory_count"] for one in operator.ask("tenants")["tenants"]}
    assert (told["acme"], told["globex"]) == (1, 0)
    with costs(4):  # the key, the tenants, what all of them keep, and their events
        operator.ask("tenants")


def test_the_paths_of_the_document_stand_at_the_root(cml: Cml) -> None:
    for name in ("tenants", "events", "components", "memories"):
        for family in ("admin", "dashboard"):
            answer = cml.client.get(f"/api/v1/{family}/{name}", headers=cml.headers)
            assert answer.status_code == 200, (family, name)


# --- upkeep


def test_the_documents_thresholds_decide_what_is_forgotten(cml: Cml, acme: Tenant) -> None:
    worthless = said("It rained.", acme, kind="task", importance=0.0, confidence=0.0, event_time=LONG_AGO)
    kept = said("Never book flights before nine.", acme, kind="constraint", importance=1.0)
    dry = cml.do("forget", {"tenant_id": "default", "dry_run": True})
    assert dry["actions"] == {"KEEP": 1, "DECAY": 0, "SILENCE": 0, "COMPRESS": 0, "DELETE": 1}
    assert (dry["operations_planned"], dry["operations_applied"], dry["deleted"]) == (1, 0, 0)
    done = cml.do("forget", {"tenant_id": "default", "dry_run": False})
    assert (done["operations_applied"], done["deleted"]) == (1, 1)
    assert cml.ask(f"memories/{worthless}")["status"] == "deleted"
    assert cml.ask(f"memories/{kept}")["status"] == "active"


def test_a_policy_moves_the_thresholds(cml: Cml, ada: Any, acme: Tenant) -> None:
    said("It rained.", acme, kind="task", importance=0.0, confidence=0.0, event_time=LONG_AGO)
    jobs = {"forget": {"enabled": True, "options": {"keep": 0.0, "decay": 0.0, "silence": 0.0, "compress": 0.0}}}
    assert ada.post("policies", {"name": "keeps all", "jobs": jobs})[0] == 201
    assert cml.do("forget", {"dry_run": True})["actions"]["KEEP"] == 1


def test_consolidation_tells_both_names_and_the_facts_have_evidence(cml: Cml, acme: Tenant) -> None:
    for text in ("green tea at home", "green tea at home again", "green tea at home today"):
        said(f"I had {text}.", acme, kind="event")
    told = cml.do("consolidate", {"tenant_id": "default", "user_id": "ada"})
    assert (told["status"], told["user_id"], told["episodes_sampled"]) == ("completed", "ada", 3)
    assert told["facts_extracted"] == told["gists_extracted"] == told["migrations_completed"] == 1
    (fact,) = cml.ask("facts")["items"]
    assert cml.ask(f"facts/{fact['id']}/evidence")["total"] == fact["evidence_count"] == 3
    assert cml.ask("overview")["avg_evidence_count"] == 3
    (run,) = cml.ask("consolidation/runs")["items"]
    assert cml.ask(f"consolidation/runs/{run['id']}")["report"]["facts_created"] == 1
    assert cml.ask(f"jobs/{run['id']}")["job_type"] == "consolidate"
    assert cml.get(f"{D}/reconsolidation/runs/{run['id']}")[0] == 404
    assert cml.get("api/v1/admin/consolidation/status")[1]["last_run"]["id"] == run["id"]


def test_the_admin_paths_name_a_user(cml: Cml, acme: Tenant) -> None:
    said("Ada lives in Vienna.", acme)
    said("Ben lives in Bonn.", acme, user="ben")
    status, told = cml.post("api/v1/admin/forget/ada?dry_run=false", None)
    assert (status, told["status"], told["memories_scanned"]) == (200, "forgetting_completed", 1)
    assert (told["dry_run"], told["user_id"]) == (False, "ada")
    status, told = cml.post("api/v1/admin/consolidate/ada", None)
    assert (status, told["status"]) == (200, "consolidation_completed")


def test_a_preview_of_forgetting_names_each_memory_and_its_score(cml: Cml, acme: Tenant) -> None:
    key = said("It rained.", acme, kind="task", importance=0.0, confidence=0.0, event_time=LONG_AGO)
    told = cml.do("forgetting/preview", {})
    assert told["thresholds"] == {"keep": 0.7, "decay": 0.5, "silence": 0.3, "compress": 0.1}
    assert [(one["memory_id"], one["action"]) for one in told["candidates"]] == [(key, "DELETE")]
    assert cml.ask("jobs")["total"] == 0


# --- memories


def test_memories_are_listed_by_status_and_the_deleted_only_when_asked_for(cml: Cml, acme: Tenant) -> None:
    keys_of = {action: said(f"To {action}.", acme) for action in ("silence", "archive", "delete")}
    for action, key in keys_of.items():
        assert cml.do("memories/bulk-action", {"memory_ids": [key], "action": action})["affected"] == 1
        assert cml.do("memories/bulk-action", {"memory_ids": [key], "action": action})["affected"] == 0
    assert {one["status"] for one in cml.ask("memories")["items"]} == {"silent", "archived"}
    assert [one["id"] for one in cml.ask("memories?status=deleted")["items"]] == [keys_of["delete"]]
    assert cml.ask("memories?status=nonsense")["items"] == []
    assert cml.post(f"{D}/memories/bulk-action", {"memory_ids": [], "action": "delete"})[0] == 422


def test_a_page_says_how_many_there_are(cml: Cml, acme: Tenant) -> None:
    for at in range(5):
        said(f"Number {at}.", acme, importance=at / 10)
    told = cml.ask("memories?per_page=2&page=3&sort_by=importance&order=asc")
    assert [one["text"] for one in told["items"]] == ["Number 4."]
    assert (told["total"], told["total_pages"]) == (5, 3)


@pytest.mark.parametrize("count", [1, 9])
def test_a_list_costs_as_much_whatever_its_length(cml: Cml, acme: Tenant, count: int) -> None:
    for number in range(count):
        said(f"Ada has cat number {number}.", acme, source="knowledge", kind="fact")
    while relay.relay_batch(acme.pk):
        pass
    for cost, path, key in (
        (4, "memories", "items"), (3, "facts", "items"), (3, "events?event_type=memory_op", "items"),
        (4, "sessions", "sessions"), (3, "jobs", "items"),
    ):  # fmt: skip
        cml.ask(path)
        with costs(cost):
            assert len(cml.ask(path)[key]) in (0, count)


def test_lineage_tells_versions_and_what_took_its_place(cml: Cml, ada: Any) -> None:
    old = ada.remember("Ada lives in Vienna.")
    ada.patch(f"memories/{old}", {"content": "Ada lives in Graz."})
    new = ada.post(f"memories/{old}/supersede", {"content": "Ada lives in Linz."})[1]["id"]
    told = cml.ask(f"memories/{old}/lineage")
    assert told["superseded_by"] == new
    assert [one["text"] for one in told["versions"]][-1] == "Ada lives in Vienna."
    assert [(tie["source"], tie["predicate"]) for tie in told["descendants"]] == [(new, "supersedes")]
    assert cml.ask(f"memories/{new}")["supersedes_id"] == old


@pytest.mark.parametrize("count", [0, 3])
def test_exports_are_one_json_list(cml: Cml, acme: Tenant, count: int) -> None:
    written = [said(f"Fact {at}.", acme) for at in range(count)]
    relay.drain()
    memories, known, events = (
        json.loads(whole(cml.raw("GET", f"{D}/{path}")))
        for path in ("export/memories", "facts/export", "events/export")
    )
    assert [(one["id"], one["text"]) for one in memories] == [(key, f"Fact {at}.") for at, key in enumerate(written)]
    assert [(one["id"], one["value"]) for one in known] == [(one["id"], one["text"]) for one in memories]
    assert [one["memory_ids"] for one in events if one["operation"] == "add"] == [[key] for key in written]


def test_an_export_is_a_reading_of_content(cml: Cml, acme: Tenant) -> None:
    acme.preferences = {"audit_reads": True}
    acme.save()
    assert whole(cml.raw("GET", f"{D}/export/memories")) == b"[]"
    read = Event.objects.filter(type="content.read").values_list("data__operation", flat=True)
    assert [operation.rpartition("cml/")[2] for operation in read] == [f"{D}/export/memories"]


def test_resetting_needs_a_word_and_can_be_taken_back(cml: Cml, acme: Tenant) -> None:
    said("Ada lives in Vienna.", acme)
    assert cml.post(f"{D}/database/reset", {"confirm": False})[0] == 422
    assert cml.do("database/reset", {"confirm": True})["affected_count"] == 1
    with tenant_context(acme):
        assert Memory.objects.get().state == Memory.State.DELETED
        assert not Memory.objects.live().exists()


# --- figures


def test_the_overview_counts_what_is_deleted_apart(cml: Cml, acme: Tenant) -> None:
    said("Ada lives in Vienna.", acme, confidence=0.5)
    gone = said("It rained.", acme, kind="event")
    cml.do("memories/bulk-action", {"memory_ids": [gone], "action": "delete"})
    relay.drain()
    told = cml.ask("overview")
    assert (told["total_memories"], told["active_memories"], told["deleted_memories"]) == (1, 1, 1)
    assert (told["by_type"], told["facts_by_category"]) == ({"semantic_fact": 1}, {"fact": 1})
    assert (told["avg_confidence"], told["current_semantic_facts"]) == (0.5, 1)
    assert told["events_by_operation"] == {"add": 2, "delete": 1}


def test_what_an_open_review_asks_about_is_labile(cml: Cml, acme: Tenant) -> None:
    ends = [said(text, acme) for text in ("Ada lives in Vienna.", "Ada lives in Wien.")]
    with tenant_context(acme):
        propose({"kind": "duplicate", "first": ends[0], "second": ends[1], "score": 0.9, "reason": "soft"})
    assert cml.ask("labile")["total_db_labile"] == 2
    assert {one["labile"] for one in cml.ask("memories")["items"]} == {True}


def test_events_are_counted_by_the_types_that_they_are_asked_for_by(cml: Cml, acme: Tenant) -> None:
    said("Ada lives in Vienna.", acme)
    for job in ("forget", "consolidate", "reconsolidate"):
        cml.do(job, {})
    relay.drain()
    told = cml.ask("overview")
    assert {"memory_op", "forgetting", "consolidation", "reconsolidation"} <= set(told["events_by_type"])
    assert sum(told["events_by_type"].values()) == told["total_events"] == cml.ask("events")["total"]
    for type, count in told["events_by_type"].items():
        assert cml.ask(f"events?event_type={type}")["total"] == count


def test_a_dry_run_has_done_nothing(cml: Cml, acme: Tenant) -> None:
    said("Ada lives in Vienna.", acme, importance=0.0, confidence=0.1, event_time=LONG_AGO)
    planned = cml.do("forget", {"dry_run": True})
    (run,) = cml.ask("jobs")["items"]
    assert run["result"]["actions"] == planned["actions"]
    assert planned["operations_planned"] == 1
    names = ("decayed", "silenced", "compressed", "deleted")
    assert {run["result"][name] for name in names} == {planned[name] for name in names} == {0}
    done = cml.do("forget", {"dry_run": False})
    assert sum(cml.ask("jobs")["items"][0]["result"][name] for name in names) == done["operations_applied"] == 1


@pytest.mark.parametrize(
    ("category", "found"),
    [
        ("fact", ["Known.", "Vienna."]), ("semantic_fact", ["Vienna."]), ("knowledge", ["Known."]), ("", None),
        ("preference", []), ("episodic_event", []), ("nonsense", []),
    ],
)  # fmt: skip
def test_facts_are_of_the_category_that_is_asked_for(
    cml: Cml, acme: Tenant, category: str, found: list[str] | None
) -> None:
    said("Vienna.", acme)
    said("Known.", acme, source="knowledge")
    said("It rained.", acme, kind="event")
    told = cml.ask(f"facts?category={category}")
    assert sorted(one["value"] for one in told["items"]) == (["Known.", "Vienna."] if found is None else found)
    assert told["total"] == len(told["items"])


def test_the_last_24_hours_are_24_hours(cml: Cml, acme: Tenant) -> None:
    now = timezone.now()
    with tenant_context(acme):
        for ago, n in ((0, 2), (5, 3), (30, 4)):
            counts.add([Cell("requests", hour_of(now - timedelta(hours=ago)), n=n)])
    for hours, points in ((1, 2), (6, 5), (48, 9)):
        told = cml.ask(f"request-stats?hours={hours}")
        assert len(told["points"]) == hours
        assert (sum(point["count"] for point in told["points"]), told["total_last_24h"]) == (points, 5)


def test_a_session_whose_time_is_over_has_none_left(cml: Cml, acme: Tenant) -> None:
    with tenant_context(acme):
        over, open_ = (open_session(SessionDraft(Scope(), ttl=timedelta(hours=hours)))[0] for hours in (1, 2))
        Session.objects.filter(pk=over.pk).update(expires_at=timezone.now() - timedelta(hours=1))
        open_session(SessionDraft(Scope(session_id="for good")))
    left = {one["session_id"]: one["ttl_seconds"] for one in cml.ask("sessions")["sessions"]}
    assert (left[over.session_id], left["for good"]) == (0, -1)
    assert 7100 < left[open_.session_id] <= 7200


def test_events_are_told_in_the_dialects_kinds(cml: Cml, acme: Tenant) -> None:
    said("Ada lives in Vienna.", acme)
    cml.do("forget", {"dry_run": True})
    relay.drain()
    told = {kind: cml.ask(f"events?event_type={kind}")["items"] for kind in ("memory_op", "forgetting", "nonsense")}
    assert [(one["operation"], one["scope_id"]) for one in told["memory_op"]] == [("add", "default")]
    assert {one["payload"]["type"] for one in told["forgetting"]} == {"run.queued", "run.started", "run.succeeded"}
    assert told["nonsense"] == []
    assert cml.ask("events?event_type=memory.created")["total"] == 1


def test_components_are_a_list_and_keyed_and_tell_a_tenant_nothing_of_others(cml: Cml, operator: Cml) -> None:
    told = cml.ask("components")
    assert told["postgres"] in told["components"]
    assert (told["postgres"]["status"], told["neo4j"]["status"]) == ("ok", "unknown")
    assert {"PostgreSQL", "Redis", "Embedding", "Server", "Neo4j"} <= {one["name"] for one in told["components"]}
    assert all(one["details"] == {} for one in told["components"])
    assert operator.ask("components?tenant_id=acme")["postgres"]["details"]["version"]


def test_limits_are_told_as_they_are_spent(cml: Cml, acme: Tenant) -> None:
    acme.limits = {"key_read": 50, "tenant_read": None, "tenant_write": 9, "tenant_day": 90}
    acme.save()
    told = cml.ask("ratelimits")
    by_kind = {(one["key_type"], one["identifier"].partition("/")[2]): one for one in told["entries"]}
    assert by_kind["tenant", "write"]["limit"] == 9
    assert by_kind["tenant", "write"]["identifier"] == "acme/write"
    assert by_kind["tenant", "day"]["limit"] == 90
    assert told["configured_rpm"] == by_kind["api_key", "read"]["limit"] == 50


# --- configuration


def test_a_setting_is_changed_taken_back_and_refused(cml: Cml) -> None:
    assert cml.call("PUT", f"{D}/config", {"updates": {"undo_days": 3}})[0] == 200
    assert _items(cml)["undo_days"]["value"] == 3
    assert cml.call("PUT", f"{D}/config", {"updates": {"undo_days": None}})[0] == 200
    assert _items(cml)["undo_days"]["source"] == "default"
    status, told = cml.call("PUT", f"{D}/config", {"updates": {"embedder": "another"}})
    assert (status, "embedder" in told["detail"]) == (422, True)


def _items(cml: Cml) -> dict[str, Any]:
    return {one["key"]: one for section in cml.ask("config")["sections"] for one in section["items"]}


def test_secrets_are_masked(cml: Cml) -> None:
    item = _items(cml)["api_key"]
    assert (item["is_secret"], item["value"].endswith(MASK)) == (True, True)
    assert cml.headers["X-API-Key"] not in json.dumps(_items(cml))


# --- trying


def test_a_question_that_is_tried_is_no_access(cml: Cml, acme: Tenant) -> None:
    key = said("Ada lives in Vienna.", acme, tags=("home",))
    told = cml.do("retrieval", {"query": "Vienna", "context_filter": ["home"], "format": "llm_context"})
    assert [one["id"] for one in told["results"]] == [key]
    assert "Ada lives in Vienna." in told["llm_context"]
    assert cml.do("retrieval", {"query": "Vienna", "memory_types": ["constraint"]})["results"] == []
    explained = cml.do("retrieval/explain", {"query": "Vienna"})
    assert explained["results"][0]["scores"]
    assert explained["steps"]
    assert cml.ask(f"memories/{key}")["access_count"] == 0


def test_a_hit_names_what_it_took_the_place_of(cml: Cml, ada: Any, acme: Tenant) -> None:
    old = said("Ada lives in Graz.", acme)
    new = ada.post(f"memories/{old}/supersede", {"content": "Ada lives in Vienna."})[1]["id"]
    for path in ("retrieval", "retrieval/explain"):
        told = {one["id"]: one["supersedes_id"] for one in cml.do(path, {"query": "Where does Ada live?"})["results"]}
        assert told == {new: old}
    assert cml.ask(f"memories/{new}")["supersedes_id"] == old


def test_a_write_that_is_tried_stores_nothing(cml: Cml, acme: Tenant) -> None:
    told = cml.do("write/simulate", {"content": "Ada lives in Vienna.", "memory_type": "semantic_fact"})
    assert (told["would_store"], told["type"]) == (True, "semantic_fact")
    assert cml.ask("memories")["total"] == 0


def test_the_work_of_the_house_names_its_last_run(cml: Cml) -> None:
    idle = {"pending": 0, "running": 0, "stuck": 0}
    assert cml.ask("ops/metrics")["jobs"] == idle | {"last": None}
    cml.do("forget", {"dry_run": True})
    told = cml.ask("ops/metrics")
    assert (told["jobs"]["last"]["job_type"], told["jobs"]["last"]["status"]) == ("forget", "completed")
    assert told["searches"] == {"count": 0, "p50_ms": None, "p95_ms": None}


def test_health_and_evaluation_are_null_until_there_is_one(cml: Cml, acme: Tenant) -> None:
    assert cml.ask("quality/overview")["overall_score"] is None
    assert cml.ask("evaluation/summary")["recall"] is None
    assert cml.ask("models/status")["models"]["embedding"]["waiting"] == 0
