"""AI Memory Layer: what its calls mean."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.utils import timezone

from analytics.checks import database
from events.models import Event
from memory.models import Memory, Rule
from memory.upkeep import embed
from tenants import keys, preferences
from tenants.models import Tenant
from tests.conftest import Caller
from tests.dialects.speaking import Dialect

SAID = {"tenant_id": "acme", "conversation_id": "supper", "role": "user", "content": "I would like fish."}


@pytest.fixture
def layer(in_acme: Tenant) -> Iterator[Dialect]:
    return Dialect("memory_layer", keys.issue(in_acme, "ada")[1])


def say(layer: Dialect, content: str = "I would like fish.", **fields: Any) -> dict[str, Any]:
    status, told = layer.post("v1/messages?wait=true", SAID | {"content": content} | fields)
    assert status == 200, told
    return told


def search(layer: Dialect, query: str = "fish", **asked: Any) -> list[dict[str, Any]]:
    status, told = layer.get("v1/memory/search?" + urlencode({"tenant_id": "acme", "query": query} | asked))
    assert status == 200, told
    assert told["total"] == len(told["items"])
    return told["items"]


def test_a_message_is_queued_and_then_embedded(layer: Dialect) -> None:
    status, told = layer.post("v1/messages", SAID)
    assert (status, told["embedding_status"]) == (202, "pending")
    embed.pending()
    assert layer.get(f"v1/messages/{told['id']}")[1]["embedding_status"] == "completed"


def test_an_override_is_the_score_and_else_it_is_the_formula(layer: Dialect) -> None:
    assert say(layer, importance_override=0.83)["importance_score"] == 0.83
    scores = {role: say(layer, role=role)["importance_score"] for role in ("system", "user", "assistant")}
    assert scores == pytest.approx({"system": 0.58, "user": 0.54, "assistant": 0.5}, abs=0.001)


def test_who_says_a_word_that_is_none_of_some_is_told_which_there_are(layer: Dialect) -> None:
    status, told = layer.post("v1/messages", SAID | {"role": "robot"})
    assert status == 422
    assert 'role: "robot" is none of user, assistant, system' in told["detail"]


def test_the_same_words_said_twice_are_two_messages(layer: Dialect) -> None:
    assert say(layer, "Yes.")["id"] != say(layer, "Yes.")["id"]


def test_metadata_is_told_under_both_names_with_long_texts_cut(layer: Dialect) -> None:
    told = say(layer, metadata={"long": "x" * 3_000, "list": ["y" * 3_000]})
    assert told["metadata"] == told["message_metadata"] == {"long": "x" * 2_048, "list": ["y" * 2_048]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"role": "tool"},
        {"conversation_id": "a b"},
        {"conversation_id": "x" * 129},
        {"content": "   "},
        {"content": "x" * 100_001},
        {"importance_override": 1.1},
        {"metadata": {"a": {"b": {"c": {"d": {}}}}}},
        {"metadata": {str(n): n for n in range(51)}},
    ],
    ids=str,
)
def test_what_the_original_refuses_is_refused(layer: Dialect, wrong: dict[str, Any]) -> None:
    status, told = layer.post("v1/messages", SAID | wrong)
    assert status == 422
    assert set(told) == {"detail", "request_id"}


def test_blanks_around_a_message_go(layer: Dialect) -> None:
    assert say(layer, "  fish  ")["content"] == "fish"


def test_each_answer_has_the_id_of_its_request(layer: Dialect) -> None:
    answer = layer.raw("GET", "v1/messages/nothing", X_Request_Id="request-17")
    assert answer.status_code == 400
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "request-17"


def test_a_message_that_is_not_there_is_not_found(layer: Dialect) -> None:
    assert layer.get(f"v1/messages/{uuid4()}")[0] == 404


def test_the_key_may_be_sent_as_x_api_key(layer: Dialect) -> None:
    told = Dialect("memory_layer", "").raw("GET", "v1/admin/readiness", X_API_Key=layer.key)
    assert told.status_code == 200
    assert told.json()["embedding"] == "ok"


def test_health_is_open_and_does_not_look_at_the_embedder(db: None) -> None:
    status, told = Dialect("memory_layer", "").get("v1/admin/health")
    assert (status, told["status"], told["database"], told["embedding"]) == (200, "ok", "ok", "skipped")


def test_another_tenant_is_not_known_and_the_detail_says_what_is_wrong(layer: Dialect, globex: Tenant) -> None:
    for named in ("globex", str(globex.pk), "nobody"):
        status, told = layer.post("v1/messages", SAID | {"tenant_id": named})
        assert (status, told["detail"]) == (
            404,
            "tenant_id is not the tenant of this API key: send its slug or its id.",
        )
        assert layer.get(f"v1/memory/search?tenant_id={named}&query=fish")[0] == 404
    assert not Memory.objects.exists()


def test_the_tenant_may_be_named_by_its_id(layer: Dialect, acme: Tenant) -> None:
    assert say(layer, tenant_id=str(acme.pk))["tenant_id"] == "acme"


def test_a_key_of_the_platform_names_any_tenant(layer: Dialect) -> None:
    platform = Dialect("memory_layer", keys.issue(None, "operator", scopes=["platform"])[1])
    assert platform.post("v1/messages", SAID)[0] == 202
    assert platform.post("v1/messages", SAID | {"tenant_id": "globex"})[1]["tenant_id"] == "globex"
    assert platform.post("v1/messages", SAID | {"tenant_id": "nobody"})[0] == 404
    assert platform.get("v1/memory/search?tenant_id=acme&query=fish")[1]["total"] == 1
    assert platform.get("v1/memory/search?query=fish")[0] == 400


def test_a_search_ranks_by_likeness_importance_and_age(layer: Dialect) -> None:
    light, heavy = say(layer, importance_override=0.1), say(layer, importance_override=0.9)
    Memory.objects.filter(pk=light["id"]).update(created_at=timezone.now() - timedelta(days=7))
    first, second = search(layer)
    assert (first["message_id"], second["message_id"]) == (heavy["id"], light["id"])
    assert second["decay"] == pytest.approx(0.3679, abs=0.001)
    for item in (first, second):
        score = 0.6 * item["similarity"] + 0.3 * item["importance"] + 0.1 * item["decay"]
        assert item["score"] == pytest.approx(score, abs=0.0001)


def test_a_search_is_of_the_conversation_that_is_named(layer: Dialect) -> None:
    say(layer)
    there = say(layer, conversation_id="lunch")
    assert [item["message_id"] for item in search(layer, conversation_id="lunch")] == [there["id"]]
    assert len(search(layer)) == 2


def test_a_search_leaves_out_what_weighs_less(layer: Dialect) -> None:
    say(layer, importance_override=0.1)
    heavy = say(layer, importance_override=0.9)
    assert [item["message_id"] for item in search(layer, importance_min=0.5)] == [heavy["id"]]


def test_a_search_never_finds_more_than_eight(layer: Dialect) -> None:
    layer.post(
        "v1/messages/batch", {"tenant_id": "acme", "messages": [SAID | {"content": f"Fish {n}."} for n in range(10)]}
    )
    assert len(search(layer, top_k=20)) == 8
    assert len(search(layer)) == 5
    assert len(search(layer, top_k=20, candidate_limit=3)) == 3


def test_what_others_wrote_is_found_too(layer: Dialect) -> None:
    written = Caller(layer.key).remember("Ada eats fish on Fridays.", user_id="ada")
    (found,) = search(layer)
    assert (found["message_id"], found["role"]) == (written, "user")


def test_a_message_is_read_by_the_native_api(layer: Dialect) -> None:
    told = say(layer, metadata={"mood": "hungry"})
    status, native = Caller(layer.key).get(f"messages/{told['id']}")
    assert status == 200
    assert (native["session_id"], native["role"], native["metadata"]) == ("supper", "user", {"mood": "hungry"})


def test_a_message_is_changed_and_deleted(layer: Dialect) -> None:
    told = say(layer, metadata={"a": 1})
    path = f"v1/messages/{told['id']}"
    status, changed = layer.call("PUT", path, {"content": "I would like soup.", "metadata": {"b": 2}})
    assert (status, changed["content"], changed["metadata"]) == (200, "I would like soup.", {"b": 2})
    assert layer.delete(path) == (204, None)
    assert layer.delete(path)[0] == 404


def test_a_batch_stores_what_it_can(layer: Dialect) -> None:
    messages = [SAID, SAID | {"role": "tool"}, "no object"]
    status, told = layer.post("v1/messages/batch", {"tenant_id": "acme", "messages": messages})
    assert (status, told["succeeded"], told["failed"]) == (207, 1, 2)
    assert [result["status"] for result in told["results"]] == ["created", "failed", "failed"]
    assert told["results"][1]["detail"].startswith("role")
    assert layer.post("v1/messages/batch", {"tenant_id": "acme", "messages": [SAID]})[0] == 201


def test_one_of_a_batch_that_names_another_tenant_is_not_stored(layer: Dialect, acme: Tenant, globex: Tenant) -> None:
    own = say(layer)["id"]
    messages = [SAID | {"tenant_id": "globex"}, SAID | {"tenant_id": str(acme.pk)}, SAID | {"tenant_id": None}]
    status, told = layer.post("v1/messages/batch", {"tenant_id": "acme", "messages": messages})
    assert (status, [result["status"] for result in told["results"]]) == (207, ["failed", "created", "created"])
    assert told["results"][0]["detail"].startswith("tenant_id is not the tenant of this API key")
    changes = [{"id": own, "tenant_id": "globex", "content": "Soup."}]
    status, told = layer.post("v1/messages/batch/update", {"tenant_id": "acme", "updates": changes})
    assert (status, told["failed"], layer.get(f"v1/messages/{own}")[1]["content"]) == (207, 1, SAID["content"])


def test_batches_change_and_delete(layer: Dialect) -> None:
    one, nobody = say(layer)["id"], str(uuid4())
    told = layer.post("v1/messages/batch/update", {"tenant_id": "acme", "updates": [{"id": one, "content": "Soup."}]})
    assert told[0] == 200
    assert layer.get(f"v1/messages/{one}")[1]["content"] == "Soup."
    status, told = layer.post("v1/messages/batch/delete", {"tenant_id": "acme", "message_ids": [one, nobody, "x"]})
    assert (status, [result["status"] for result in told["results"]]) == (207, ["deleted", "failed", "failed"])
    assert layer.get(f"v1/messages/{one}")[0] == 404


def run(layer: Dialect, *actions: str, **fields: Any) -> dict[str, Any]:
    status, told = layer.post("v1/admin/retention/run", {"tenant_id": "acme", "actions": list(actions)} | fields)
    assert status == 200, told
    return told


def aged(layer: Dialect, content: str, days: int, importance: float) -> str:
    told = say(layer, content, importance_override=importance)
    Memory.objects.filter(pk=told["id"]).update(created_at=timezone.now() - timedelta(days=days))
    return told["id"]


def test_what_is_light_or_old_is_archived_and_what_was_archived_long_ago_deleted(layer: Dialect) -> None:
    light, old = aged(layer, "light", 0, 0.35), aged(layer, "old", 31, 0.9)
    kept = aged(layer, "kept", 29, 0.36)
    gone = aged(layer, "gone", 91, 0.9)
    assert run(layer, "archive", dry_run=True) == {"archived": 3, "deleted": 0, "dry_run": True}
    assert not Memory.objects.filter(tier="cold").exists()
    assert run(layer, "archive", "delete") == {"archived": 3, "deleted": 0, "dry_run": False}
    assert set(map(str, Memory.objects.filter(tier="cold").values_list("pk", flat=True))) == {light, old, gone}
    assert run(layer, "archive", "delete") == {"archived": 0, "deleted": 1, "dry_run": False}
    assert layer.get(f"v1/messages/{gone}")[0] == 404
    assert layer.get(f"v1/messages/{old}")[1]["content"] == "old"
    assert kept


def test_the_tenants_own_rules_go_first(layer: Dialect) -> None:
    aged(layer, "old", 31, 0.9)
    Rule.objects.create(name="a year", kind="message", retention_days=365)
    assert run(layer, "archive") == {"archived": 0, "deleted": 0, "dry_run": False}


def test_a_run_of_no_action_is_refused(layer: Dialect) -> None:
    assert layer.post("v1/admin/retention/run", {"tenant_id": "acme", "actions": []})[0] == 400


def test_conversations_are_listed_read_in_order_and_deleted(layer: Dialect) -> None:
    said = [say(layer, words)["id"] for words in ("Fish?", "Fish!")]
    say(layer, conversation_id="lunch")
    listed = layer.get("v1/conversations")[1]["items"]
    assert {one["conversation_id"]: one["message_count"] for one in listed} == {"lunch": 1, "supper": 2}
    status, told = layer.get("v1/conversations/supper?limit=1")
    assert (status, [one["id"] for one in told["messages"]]) == (200, said[:1])
    _, rest = layer.get(f"v1/conversations/supper?cursor={told['next_cursor']}")
    assert [one["id"] for one in rest["messages"]] == said[1:]
    assert layer.delete("v1/conversations/supper") == (200, {"deleted": 2})
    assert layer.get("v1/conversations/supper")[0] == 404
    assert layer.get(f"v1/messages/{said[0]}")[0] == 404


def test_the_overview_counts_what_there_is(layer: Dialect, noted: Any) -> None:
    say(layer)
    layer.post("v1/messages", SAID | {"role": "system", "content": "Be kind."})
    search(layer)
    noted()
    status, told = layer.get("v1/analytics/overview?tenant_id=acme&days=7")
    assert (status, told["messages"], told["conversations"], told["embeddings_pending"]) == (200, 2, 1, 1)
    assert (told["by_role"], told["searches"]) == ({"user": 1, "system": 1}, 1)
    assert [one["count"] for one in told["stored_per_day"]] == [0] * 6 + [2]


def test_rules_are_made_listed_and_deleted_and_a_run_follows_them(layer: Dialect) -> None:
    light, heavy = aged(layer, "light", 3, 0.2), aged(layer, "heavy", 3, 0.6)
    rule = {"tenant_id": "acme", "name": "light", "kind": "importance", "action": "move_to_cold_storage"}
    assert layer.post("v1/admin/retention/rules", rule)[0] == 422
    status, made = layer.post("v1/admin/retention/rules", rule | {"importance_threshold": 0.5})
    assert (status, made["action"], made["max_age_days"]) == (201, "archive", 1)
    assert layer.get("v1/admin/retention/rules")[1] == {"total": 1, "items": [made]}
    assert run(layer, "archive")["archived"] == 1
    assert {str(memory.pk): memory.tier for memory in Memory.objects.all()} == {light: "cold", heavy: "warm"}
    assert layer.delete(f"v1/admin/retention/rules/{made['id']}")[0] == 204
    assert layer.delete(f"v1/admin/retention/rules/{made['id']}")[0] == 404
    assert layer.post("v1/admin/retention/rules", rule | {"kind": "max_items"})[0] == 422


def test_metrics_count_what_was_asked(layer: Dialect, noted: Any) -> None:
    say(layer)
    search(layer)
    noted()
    text = layer.raw("GET", "metrics").content.decode()
    assert 'aiml_requests_total{path="memory_layer.Messages",status="200"} 1.0' in text
    assert 'aiml_memory_search_total{cached="false",tenant="acme"} 1.0' in text
    assert "aiml_memory_search_results_sum 1.0" in text
    assert 'aiml_embedding_jobs_total{status="completed"} 1.0' in text
    platform = Dialect("memory_layer", keys.issue(None, "operator", scopes=["platform"])[1])
    assert "acme" not in platform.raw("GET", "metrics").content.decode()


def test_a_message_named_twice_is_deleted_once(layer: Dialect) -> None:
    one, two = say(layer, "One.")["id"], say(layer, "Two.")["id"]
    status, told = layer.post("v1/messages/batch/delete", {"tenant_id": "acme", "message_ids": [one, "x", one, two]})
    assert (status, [result["status"] for result in told["results"]]) == (
        207,
        ["deleted", "failed", "failed", "deleted"],
    )
    assert layer.get(f"v1/messages/{two}")[0] == 404


def test_a_conversation_is_its_own_before_a_users_of_the_same_name(layer: Dialect) -> None:
    own = say(layer)["id"]
    other = Caller(layer.key).remember("Mine.", user_id="ben", session_id="supper")
    told = layer.get("v1/conversations/supper")[1]
    assert [one["id"] for one in told["messages"]] == [own]
    assert layer.delete("v1/conversations/supper") == (200, {"deleted": 1})
    assert layer.get(f"v1/messages/{other}")[0] == 200


def test_without_its_database_it_is_down(layer: Dialect, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> Any:
        raise OperationalError("nobody there")

    monkeypatch.setattr(database, "postgresql", away)
    for path in ("v1/admin/health", "v1/admin/readiness"):
        status, told = layer.get(path)
        assert (status, told["status"], told["database"]) == (503, "down", "down")


def test_reading_a_conversation_is_audited_where_a_tenant_wants_it(layer: Dialect, acme: Tenant) -> None:
    say(layer)
    preferences.change(acme.pk, {"audit_reads": True})
    layer.get("v1/conversations/supper")
    read = Event.objects.filter(type="content.read").values_list("data__operation", flat=True)
    assert list(read) == ["compat/memory_layer/v1/conversations/<str:conversation_id>"]


def test_what_another_dialect_keeps_in_metadata_is_not_told_and_stays(layer: Dialect) -> None:
    service = Dialect("persistence", layer.key)
    entry = {"serviceId": "s", "agentId": "a", "memoryType": "semantic", "domain": "d", "content": {"fish": 1}}
    meta = {"metadata": {"own": 1, "version": 3}, "embeddings": [1.0, 2.0]}
    id = service.post("api/memory", entry | meta)[1]["id"]
    assert layer.get(f"v1/messages/{id}")[1]["metadata"] == {"own": 1}
    assert layer.call("PUT", f"v1/messages/{id}", {"metadata": {"other": 2}})[1]["metadata"] == {"other": 2}
    told = service.get(f"api/memory/{id}")[1]
    assert (told["content"], told["embeddings"], told["metadata"]["version"]) == ({"fish": 1}, [1.0, 2.0], 4)
