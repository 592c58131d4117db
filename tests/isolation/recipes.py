"""How each operation of the API is called so that it works: one line an operation, and the sweep does the rest.

An operation that is not here fails the tests, and so does a parameter that looks like an id and that NAMES does not
know. `Op(body)` is enough for most. In a body "$memory" is the id of the caller's own memory; so are all of KINDS.
"""

from dataclasses import dataclass, field
from typing import Any

OK = (200, 201, 202, 204)
CSV = "content\nhello\n"

# What stands for what, wherever a parameter or a field of this name is met. An Op may say otherwise in `named`.
NAMES = {
    "memory_id": "memory", "memory": "memory", "like": "memory", "id": "memory", "source": "memory",
    "target": "other", "Last-Event-ID": "memory", "relation_id": "relation", "session_key": "session",
    "batch": "batch", "user_id": "user", "agent_id": "agent", "session_id": "talk", "namespace": "namespace",
    "namespaces": "namespace", "tag": "tag", "tags": "tag", "people": "person", "filters": "filter", "q": "user",
    "name": "user", "subject": "memory", "request_id": "request", "actor": "actor", "Idempotency-Key": "idempotency",
    "hold_id": "hold", "rule_id": "rule", "key_id": "key", "run_id": "run", "task_id": "run", "parent_id": "run",
    "member_id": "member", "api_key": "nobody", "policy_id": "policy", "pause_id": "pause", "review_id": "review",
    "token": "nobody", "webhook_id": "webhook", "delivery_id": "delivery", "trace_id": "trace",
    "domain": "namespace", "agent": "agent", "suggestion_id": "suggestion", "insight_id": "insight",
    "evaluation_id": "evaluation",
}  # fmt: skip


@dataclass(frozen=True)
class Op:
    """A call that works with the caller's own ids, and what it answers then."""

    body: Any = None
    query: dict[str, str] = field(default_factory=dict)
    nested: dict[str, Any] | None = None  # a body whose lists hold objects, where the operation takes both
    named: dict[str, str] = field(default_factory=dict)
    ok: tuple[int, ...] = OK
    unknown: int = 404  # what an id in the path that nobody has is answered with
    key: str = "caller"  # or `operator`, who has the scope `platform`; the other tenant is never one
    content_type: str = "application/json"

    def kind(self, name: str) -> str | None:
        return self.named.get(name) or NAMES.get(name)


SAID = {"content": "Said in the sweep."}
TYPED = {"type": "user"}
IDLE = Op({}, ok=(409,))  # a step of a change that is not under way
ADA = {"type": "user", "name": "$user"}
SERVICES = {"service": "service", "source": "service", "target": "service", "correlation_id": "nobody"}
TOLD = {"source": "$service", "target": "$service", "kind": "memory", "action": "create", "data": {"a": "b"}}


def platform(body: Any = None, ok: tuple[int, ...] = OK) -> Op:
    """What an operator does to a tenant; to a tenant's own key each id is forbidden alike."""
    return Op(body, named={"tenant_id": "tenant"}, ok=ok, unknown=403, key="operator")


TRACKED = {"name": "signed", "domain": "$namespace", "data": {"value": 3}}
LEARNED = {"type": "training", "domain": "$namespace", "session_id": "$talk", "output": {"prediction": "tea"}}

OPS = {
    "GET memories": Op(named={"cursor": "cursor"}),
    "POST memories": Op(SAID, nested={"memories": [SAID]}),
    "POST memories/list": Op({}, named={"cursor": "cursor"}),
    "POST memories/search": Op({"query": "tea"}),
    "GET memories/stream": Op(query={"all": "true"}),
    "POST memories/stream": Op({"all": True}),
    "POST memories/delete": Op({"user_id": "$user"}),
    "POST memories/undelete": Op({"batch": "$batch"}),
    "GET memories/{memory_id}": Op(),
    "PATCH memories/{memory_id}": Op({"content": "mine now"}),
    "PUT memories/{memory_id}": Op(SAID),
    "DELETE memories/{memory_id}": Op(),
    "GET memories/{memory_id}/history": Op(named={"cursor": "number"}),
    "GET memories/{memory_id}/diff": Op(query={"before": "1", "after": "2"}),
    "POST memories/{memory_id}/restore": Op({"version": 1}),
    "POST memories/{memory_id}/supersede": Op(SAID),
    "POST memories/{memory_id}/feedback": Op({"verdict": "incorrect"}),
    "GET memories/{memory_id}/related": Op(),
    "GET memories/{memory_id}/causes": Op(),
    "GET memories/{memory_id}/effects": Op(),
    "POST memories/{memory_id}/archive": Op(),
    "POST memories/{memory_id}/pin": Op(),
    "POST memories/{memory_id}/unpin": Op(),
    "POST memories/{memory_id}/warm": Op(),
    "POST context": Op({"query": "tea"}),
    "POST turns": Op({"message": "Tea?", "user_id": "$user", "session_id": "$talk"}),
    "POST relations": Op({"source": "$memory", "target": "$other", "type": "contradicts"}),
    "GET relations": Op(named={"cursor": "cursor_of_relations"}),
    "DELETE relations": Op(query={"source": "$memory", "target": "$other", "type": "supports"}),
    "GET relations/{relation_id}": Op(),
    "DELETE relations/{relation_id}": Op(),
    "POST sessions": Op({"session_id": "another", "user_id": "$user"}),
    "GET sessions": Op(named={"cursor": "cursor_of_sessions"}),
    "GET sessions/{session_key}": Op(),
    "PATCH sessions/{session_key}": Op({"title": "mine now"}),
    "DELETE sessions/{session_key}": Op(),
    "POST sessions/{session_key}/close": Op(),
    "POST sessions/{session_key}/reopen": Op({}),
    "GET sessions/{session_key}/memories": Op(named={"cursor": "cursor_of_talk"}),
    "POST messages": Op({"content": "Hello.", "role": "user", "session_id": "$talk", "user_id": "$user"}),
    "GET messages": Op(query={"session_id": "$talk"}, named={"cursor": "cursor_of_talk"}),
    "GET messages/{memory_id}": Op(named={"memory_id": "message"}),
    "POST questions": Op({"text": "Tea?", "expected": ["$memory"]}, named={"expected": "memory"}),
    "GET questions": Op(named={"cursor": "cursor"}),
    "GET questions/{question_id}": Op(named={"question_id": "question"}),
    "PATCH questions/{question_id}": Op({"text": "Milk?"}, named={"question_id": "question", "expected": "memory"}),
    "DELETE questions/{question_id}": Op(named={"question_id": "question"}),
    "POST policies/simulate": Op({"job": "none"}, named={"policy_id": "nobody"}, ok=(422,)),
    "GET reviews": Op(named={"cursor": "cursor"}),
    "GET reviews/{review_id}": Op(),
    "POST reviews/{review_id}/decide": Op({"decision": "merge"}),
    "POST reviews/{review_id}/undo": Op({}, ok=(409,)),  # of one that nobody decided
    "GET health-report": Op(query={"fresh": "true"}),
    "GET health-reports": Op(named={"cursor": "cursor"}),
    "GET tiers": Op(),
    "GET namespaces": Op(named={"cursor": "cursor_of_names"}),
    "GET entities": Op(query=TYPED, named={"cursor": "cursor_of_names"}),
    "GET entities/{type}/{name}": Op(),
    "DELETE entities/{type}/{name}": Op(ok=(409,), unknown=409),  # how many, before it is confirmed
    "GET stats": Op(),
    "GET exports/stream": Op(),
    "POST exports": Op({}),
    "GET exports": Op(named={"cursor": "cursor_of_exports"}),
    "GET exports/{transfer_id}": Op(named={"transfer_id": "export"}),
    "GET exports/{transfer_id}/file": Op(named={"transfer_id": "export"}),
    "POST exports/{transfer_id}/cancel": Op(named={"transfer_id": "export"}),
    "POST imports": Op(CSV, content_type="text/csv"),
    "GET imports": Op(named={"cursor": "cursor_of_imports"}),
    "GET imports/{transfer_id}": Op(named={"transfer_id": "import"}),
    "POST imports/{transfer_id}/cancel": Op(named={"transfer_id": "import"}),
    "GET traces": Op(named={"cursor": "cursor"}),
    "GET traces/{trace_id}": Op(),
    "POST traces/{trace_id}/replay": Op({}),
    "GET analytics/searches": Op(),
    "POST feedback": Op({"trace_id": "$trace", "memory_id": "$memory", "helpful": True}),
    "GET jobs": Op(),
    "GET runs": Op(named={"cursor": "cursor_of_runs"}),
    "POST runs": Op({"job": "run_all"}),
    "GET runs/{run_id}": Op(),
    "GET runs/{run_id}/steps": Op(named={"cursor": "number"}),
    "POST runs/{run_id}/cancel": IDLE,
    "POST runs/{run_id}/retry": IDLE,
    "POST runs/{run_id}/undo": IDLE,
    "POST forget": Op({"user_id": "$user"}),
    "POST consolidate": Op({"user_id": "$user"}),
    "POST users/{user_id}/policy": Op({}, named={"policy_id": "nobody", "user_id": "user"}, unknown=201),
    "GET users/{user_id}/policy": Op(ok=(404,)),
    "DELETE users/{user_id}/policy": Op(ok=(404,)),
    "GET users/{user_id}/statistics": Op(unknown=200),
    "POST users/{user_id}/tasks": Op({"task_type": "decay"}, unknown=202),
    "GET users/{user_id}/tasks": Op(named={"cursor": "cursor_of_runs"}, unknown=200),
    "GET tasks/{task_id}": Op(),
    "POST tasks/{task_id}/cancel": Op(),
    "GET embeddings": Op(),
    "POST embeddings/reembed": Op({"model": "none"}, ok=(409,)),
    "POST embeddings/switch": IDLE,
    "POST embeddings/rollback": IDLE,
    "POST embeddings/finish": IDLE,
    "POST embeddings/cancel": IDLE,
    "GET me": Op(),
    "POST keys": Op({"name": "robot"}),
    "GET keys": Op(named={"cursor": "cursor"}),
    "GET keys/{key_id}": Op(),
    "POST keys/{key_id}/rotate": Op({}),
    "POST keys/{key_id}/revoke": Op(),
    "POST members": Op({"email": "dora@example.org", "role": "viewer"}),
    "GET members": Op(named={"cursor": "cursor"}),
    "GET members/{member_id}": Op(),
    "PATCH members/{member_id}": Op({"role": "editor"}),
    "DELETE members/{member_id}": Op(),
    "POST tickets": Op({}),
    "POST tokens": Op({"api_key": "none"}, ok=(401,)),
    "POST tokens/refresh": Op({"token": "none"}, ok=(401,)),
    "POST tokens/revoke": Op({"token": "none"}, ok=(401,)),
    "GET events": Op(),
    "GET events/log": Op(),
    "GET events/types": Op(),
    "GET events/{seq}": Op(named={"seq": "number"}, unknown=200),  # each tenant has a first one
    "POST erasures": Op(ADA | {"dry_run": True}),
    "GET erasures": Op(named={"cursor": "cursor"}),
    "POST erasures/find": Op(ADA),
    "POST erasures/verify": Op({"receipt": {}}),
    "GET erasures/{erasure_id}": Op(named={"erasure_id": "nobody"}, ok=(404,)),
    "GET erasures/{erasure_id}/receipt": Op(named={"erasure_id": "nobody"}, ok=(404,)),
    "POST erasures/{erasure_id}/lift": Op(named={"erasure_id": "nobody"}, ok=(404,)),
    "POST subjects/export": Op(ADA),
    "POST holds": Op({"name": "a case", "memory_id": "$memory"}),
    "GET holds": Op(named={"cursor": "cursor_of_holds"}),
    "POST holds/{hold_id}/release": Op(),
    "POST retention-rules": Op({"name": "old", "retention_days": 365, "user_id": "$user"}),
    "GET retention-rules": Op(named={"cursor": "cursor_of_rules"}),
    "GET retention-rules/{rule_id}": Op(),
    "PATCH retention-rules/{rule_id}": Op({"retention_days": 30}),
    "DELETE retention-rules/{rule_id}": Op(),
    "GET sync/services": Op(named={"cursor": "cursor_of_services"}),
    "GET sync/queue": Op(),
    "POST sync/messages": Op(TOLD, nested={"messages": [TOLD]}, named=SERVICES),
    "GET sync/messages": Op(named={"cursor": "cursor_of_sync"} | SERVICES),
    "POST sync/messages/waiting": Op({"service": "$service"}, named=SERVICES),
    "POST sync/messages/acknowledge": Op({"service": "$service", "ids": ["$sync"]}, named={"ids": "sync"} | SERVICES),
    "GET sync/messages/{message_id}": Op(named={"message_id": "sync"}),
    "POST sync/messages/{message_id}/requeue": Op(named={"message_id": "sync"}, ok=(409,)),  # nothing was given up
    "GET audit": Op(named={"cursor": "number"}),
    "GET audit/export": Op(),
    "GET audit/head": Op(),
    "GET audit/verify": Op(),
    "GET usage": Op(named={"cursor": "number"}),
    "POST selftests": Op({}, key="operator"),
    "GET selftests": Op(named={"cursor": "cursor"}, key="operator"),
    "GET selftests/{selftest_id}": Op(named={"selftest_id": "nobody"}, ok=(404,), unknown=403, key="operator"),
    "GET policies": Op(named={"cursor": "cursor"}),
    "POST policies": Op({"user_id": "$user"}),
    "GET policies/effective": Op(),
    "GET policies/{policy_id}": Op(),
    "PATCH policies/{policy_id}": Op({"name": "mine now"}),
    "PUT policies/{policy_id}": Op({"name": "mine now"}),
    "DELETE policies/{policy_id}": Op(),
    "GET policies/{policy_id}/versions": Op(named={"cursor": "number"}),
    "POST policies/{policy_id}/restore": Op({"version": 1}),
    "POST policies/{policy_id}/run": Op({}),
    "GET schedule": Op(),
    "GET pauses": Op(named={"cursor": "cursor"}),
    "POST pauses": Op({"ends_at": "2199-01-01T00:00:00Z", "starts_at": "2198-12-31T00:00:00Z"}),
    "DELETE pauses/{pause_id}": Op(),
    "POST webhooks": Op({"url": "https://example.com/hook"}, named={"namespaces": "namespace"}),
    "GET webhooks": Op(named={"cursor": "cursor"}),
    "GET webhooks/{webhook_id}": Op(),
    "PATCH webhooks/{webhook_id}": Op({"description": "mine now"}),
    "DELETE webhooks/{webhook_id}": Op(),
    "POST webhooks/{webhook_id}/pause": Op(),
    "POST webhooks/{webhook_id}/enable": Op(),
    "POST webhooks/{webhook_id}/ping": Op(),
    "POST webhooks/{webhook_id}/secret": Op({}),
    "GET webhooks/{webhook_id}/deliveries": Op(named={"cursor": "number"}),
    "POST webhooks/{webhook_id}/replay": Op({"first_seq": 0, "last_seq": 9}),
    "GET webhooks/deliveries/{delivery_id}": Op(),
    "POST webhooks/deliveries/{delivery_id}/replay": Op(ok=(409,)),  # of one that waits
    "GET settings": Op(),
    "PATCH settings": Op({"undo_days": 3}),
    "POST tenants": Op({"slug": "swept"}, key="operator"),
    "GET tenants": Op(named={"cursor": "cursor"}, key="operator"),
    "GET tenants/receipts": Op(named={"cursor": "cursor"}, key="operator"),
    "GET tenants/{tenant_id}": platform(),
    "PATCH tenants/{tenant_id}": platform({"name": "Swept"}),
    "DELETE tenants/{tenant_id}": platform({"slug": "acme"}),
    "POST tenants/{tenant_id}/suspend": platform({"reason": "unpaid"}),
    "POST tenants/{tenant_id}/resume": platform({}, ok=(409,)),
    "POST tenants/{tenant_id}/restore": platform({}, ok=(409,)),
    "GET tenants/{tenant_id}/export": platform(),
    "POST learning/events": Op(LEARNED, nested={"events": [LEARNED]}),
    "GET learning/events": Op(named={"cursor": "cursor_of_learning"}),
    "GET learning/events/{event_id}": Op(named={"event_id": "event"}),
    "POST learning/feedback": Op({"event_id": "$event", "correct": True}, named={"event_id": "event"}),
    "GET learning/patterns": Op(),
    "GET learning/metrics": Op(),
    "GET learning/trends": Op(),
    "GET learning/recommendations": Op(),
    "GET suggestions": Op(named={"cursor": "cursor"}),
    "POST suggestions/look": Op({}),
    "GET suggestions/{suggestion_id}": Op(),
    "POST suggestions/{suggestion_id}/simulate": Op({}),
    "POST suggestions/{suggestion_id}/try": Op({}),
    "POST suggestions/{suggestion_id}/accept": Op({}),
    "POST suggestions/{suggestion_id}/reject": Op({}),
    "GET analytics/metrics": Op(),
    "POST analytics/query": Op({"metrics": ["facts"]}),
    "POST analytics/events": Op(TRACKED, nested={"events": [TRACKED]}),
    "GET analytics/events": Op(named={"cursor": "cursor_of_tracked"}),
    "GET analytics/events/{event_id}": Op(named={"event_id": "tracked"}),
    "GET analytics/export": Op(),
    "GET analytics/dashboard": Op(),
    "GET analytics/business": Op(),
    "GET analytics/realtime": Op(),
    "GET analytics/insights": Op(named={"cursor": "cursor_of_insights"}),
    "GET analytics/insights/{insight_id}": Op(),
    "POST analytics/insights/{insight_id}/dismiss": Op(),
    "GET analytics/reports": Op(query={"type": "executive"}),
    "POST questions/import": Op(
        {"questions": [{"text": "Milk?", "expected": ["$memory"]}]},
        nested={"questions": [{"text": "Milk?"}]},
        named={"expected": "memory"},
    ),
    "GET evaluations": Op(named={"cursor": "cursor"}),
    "POST evaluations": Op({}),
    "GET evaluations/{evaluation_id}": Op(),
    "GET components": Op(key="operator"),
}  # fmt: skip
