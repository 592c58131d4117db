"""One of everything in a tenant, made through the API, each with the tenant's canary: a word that nobody else has."""

import json
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from analytics import finding, insights, suggestions, tracing
from analytics.tracing import Kept
from events import actors, relay
from memory import evaluations, reviews, transfers
from memory.observing import Recall
from memory.types import Found, Query
from memory.upkeep import embed, evaluate
from memory.upkeep.plan import EVERYBODY
from tenants.models import Tenant

Things = dict[str, Any]
Call = Callable[[str, str, bytes, str], tuple[int, Any]]  # method, path, body, content type: status and JSON


class NotPlanted(RuntimeError):
    """The API refused what the self-test plants."""


def plant(tenant: Tenant, canary: str, call: Call) -> Things:
    """Ids and names of what was made: memories, a relation, a session, messages, a policy, orders, files, labels."""

    def make(method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
        sent = body.encode() if isinstance(body, str) else b"" if body is None else json.dumps(body).encode()
        status, told = call(method, path, sent, content_type)
        if status >= 300:
            raise NotPlanted(f"{method} {path.partition('?')[0]} was answered {status}")
        return told["data"][0] if method == "POST" and told.get("data") else told

    things = _names(canary)
    things |= _memories(make, things, canary)
    things |= _tied(make, things, canary)
    things |= _policies(make, things) | _webhook(make, canary)
    things |= _asked(make, tenant, things, canary)
    things |= _files(make, tenant, canary)
    things |= _sent(make, things, canary)
    things |= _learned(make, things, canary)
    runs = [make("POST", "runs", {"job": "run_all", "user_id": things["user"]})["id"] for _ in "ab"]
    things |= {"run": runs[0]}
    things |= _traced(make, tenant, canary)
    things |= _found(make, tenant, things)
    things |= _cursors(make, things, canary)
    with tenant_context(tenant):
        embed.pending()
        things |= _evaluated()
    while relay.relay_batch(tenant.pk):
        pass
    return things | _delivery(make, things)


def _evaluated() -> Things:
    (found,) = evaluate.plan(EVERYBODY, evaluate.Options(), timezone.now())
    return evaluations.keep(found.told)


def _names(canary: str) -> Things:
    names = {kind: f"{kind}-{canary}" for kind in ("user", "agent", "talk", "namespace", "tag", "person")}
    return names | {"canary": canary, "filter": {"user_id": names["user"]}, "number": 1}


def _memories(make: Any, things: Things, canary: str) -> Things:
    her = {"user_id": things["user"], "agent_id": things["agent"]}
    labels = {"tags": [things["tag"]], "people": [things["person"]], "metadata": {"a": canary}}
    memory = make("POST", "memories", her | labels | {"content": f"{canary} takes tea."})["id"]
    make("PATCH", f"memories/{memory}", {"content": f"{canary} takes tea with milk."})
    other = make("POST", "memories", her | {"content": f"{canary} has a cat.", "namespace": things["namespace"]})["id"]
    make("POST", "memories", her | {"content": f"{canary} was wrong.", "tags": ["wrong"]})
    batch = make("POST", "memories/delete", {"tag": "wrong", "confirm_count": 1})["batch"]
    cold = make("POST", "memories", her | {"content": f"{canary} has moved."})["id"]
    make("POST", f"memories/{cold}/archive")
    return {"memory": memory, "other": other, "batch": batch, "cold": cold}


def _tied(make: Any, things: Things, canary: str) -> Things:
    tied = {"source": things["memory"], "target": things["other"]}
    relation = make("POST", "relations", tied | {"type": "supports"})["id"]
    make("POST", "relations", tied | {"type": "causes"})
    scope = {"user_id": things["user"], "agent_id": things["agent"]}
    talk = scope | {"session_id": things["talk"]}
    session = make("POST", "sessions", talk | {"title": canary})["id"]
    make("POST", "sessions", scope | {"session_id": "second"})
    said = [make("POST", "messages", talk | {"role": "user", "content": f"{canary} says {word}."}) for word in "ab"]
    question = make("POST", "questions", {"text": f"{canary}?", "expected": [things["memory"]]})["id"]
    own = {"question": question, "relation": relation, "session": session, "message": said[0]["id"]}
    return own | _ordered(make, canary)


def _policies(make: Any, things: Things) -> Things:
    policy = make("POST", "policies", {"namespace": things["namespace"], "name": things["canary"]})["id"]
    make("PATCH", f"policies/{policy}", {"enabled": False})
    rest = {"starts_at": "2198-01-01T00:00:00Z", "ends_at": "2198-01-02T00:00:00Z", "reason": things["canary"]}
    return {"policy": policy, "pause": make("POST", "pauses", rest)["id"]}


def _webhook(make: Any, canary: str) -> Things:
    """Paused at once, so that nothing is ever sent."""
    webhook = make("POST", "webhooks", {"url": f"https://{canary}.example.com/"})["id"]
    make("POST", f"webhooks/{webhook}/pause")
    return {"webhook": webhook}


def _delivery(make: Any, things: Things) -> Things:
    return {"delivery": make("GET", f"webhooks/{things['webhook']}/deliveries?limit=1")["data"][0]["id"]}


def _ordered(make: Any, canary: str) -> Things:
    """Two of each, so that there is a second page; of a user who has nothing, so that nothing is kept from others."""
    of = {"name": canary, "user_id": f"held-{canary}"}
    holds = [make("POST", "holds", of)["id"] for _ in "ab"]
    rules = [make("POST", "retention-rules", of | {"retention_days": days})["id"] for days in (365, 730)]
    return {"hold": holds[0], "rule": rules[0]}


def _asked(make: Any, tenant: Tenant, things: Things, canary: str) -> Things:
    """Two that say nearly the same, and a person asked about them."""
    her = {"user_id": things["user"], "tags": [canary]}
    ends = [make("POST", "memories", her | {"content": f"{canary} plays chess {word}."})["id"] for word in ("a", "b")]
    with tenant_context(tenant):
        told = {"kind": "duplicate", "first": ends[0], "second": ends[1], "score": 0.9, "reason": "soft"}
        return {"review": reviews.propose(told)["review"]}


def _sent(make: Any, things: Things, canary: str) -> Things:
    """Two services, and two messages of one to the other that wait."""
    names = [f"{which}-{canary}" for which in ("service", "peer")]
    for name in names:
        make("POST", "sync/messages/waiting", {"service": name})
    told = {"source": names[1], "target": names[0], "kind": "memory", "action": "create", "data": {"says": canary}}
    sent = [make("POST", "sync/messages", told)["id"] for _ in "ab"]
    return {"service": names[0], "sync": sent[0]}


def _learned(make: Any, things: Things, canary: str) -> Things:
    """Two learning events; one of them waits for feedback."""
    told = {"type": "training", "domain": things["namespace"], "agent": things["agent"], "session_id": things["talk"]}
    held = {"input": {"says": canary}, "output": {"prediction": canary}, "user_id": things["user"]}
    events = [make("POST", "learning/events", told | held)["id"] for _ in "ab"]
    make("POST", "learning/feedback", {"event_id": events[1], "correct": True, "explanation": canary})
    # Of a domain that has no policy yet, for one that is switched off is left alone.
    noisy = {"type": "training", "domain": f"learned-{canary}"}
    make("POST", "learning/events", {"events": [noisy] * suggestions.LEAST})
    make("POST", "suggestions/look", {})
    found = make("GET", f"suggestions?domain={noisy['domain']}")["data"]
    tracked = {"name": "signed", "domain": things["namespace"], "user_id": things["user"], "data": {"says": canary}}
    signed = [make("POST", "analytics/events", tracked)["id"] for _ in "ab"]
    return {"event": events[0], "suggestion": found[0]["id"], "tracked": signed[0]}


def _traced(make: Any, tenant: Tenant, canary: str) -> Things:
    """Two traces of recalls, whose questions say the canary."""
    told = Recall(Query(f"Where is {canary}?"), Found((), 0, 1.0))
    kept = Kept("sampled", "search_memories", actors.acting(), recall=tracing.seen(told))
    with tenant_context(tenant), transaction.atomic():
        tracing.keep([(kept, timezone.now(), 1.0, "", 0)] * 2)
    return {"trace": make("GET", "traces?kind=recall&limit=1")["data"][0]["id"]}


def _found(make: Any, tenant: Tenant, things: Things) -> Things:
    """Two insights of a domain, as rules find them."""
    now = timezone.now()
    with tenant_context(tenant):
        numbers = {"learning_rate": 20.0, "feedback_rate": 0.1}
        insights.keep(finding.by_rules(numbers, now, things["namespace"]), now)
    return {"insight": make("GET", "analytics/insights?limit=1")["data"][0]["id"]}


def _files(make: Any, tenant: Tenant, canary: str) -> Things:
    exports = [make("POST", "exports", {})["id"] for _ in "ab"]
    imports = [make("POST", "imports", f"content\n{canary} {word}\n", "text/csv")["id"] for word in "ab"]
    with tenant_context(tenant):
        transfers.pending(seconds=60)
    return {"export": exports[0], "import": imports[0]}


def _cursors(make: Any, things: Things, canary: str) -> Things:
    make("POST", "memories", {"content": "x", "user_id": f"v-{canary}", "namespace": f"n-{canary}"})
    lists = {
        "cursor": "memories?", "cursor_of_relations": "relations?", "cursor_of_sessions": "sessions?",
        "cursor_of_talk": f"messages?session_id={things['talk']}&user_id={things['user']}&",
        "cursor_of_names": "entities?type=user&",
        "cursor_of_runs": "runs?", "cursor_of_exports": "exports?", "cursor_of_imports": "imports?",
        "cursor_of_holds": "holds?", "cursor_of_rules": "retention-rules?",
        "cursor_of_services": "sync/services?", "cursor_of_sync": "sync/messages?",
        "cursor_of_learning": "learning/events?", "cursor_of_insights": "analytics/insights?",
        "cursor_of_tracked": "analytics/events?",
    }  # fmt: skip
    return {kind: make("GET", f"{path}limit=1")["next_cursor"] for kind, path in lists.items()}
