"""How each operation of AI Memory Layer is called so that it works; see tests/isolation/recipes.py."""

from tests.isolation.recipes import Op

TENANT = {"tenant_id": "$tenant"}
SAID = {"conversation_id": "supper", "role": "user", "content": "I would like fish."}
ONE = {"message_id": "message"}

OPS: dict[str, Op] = {
    "POST v1/messages": Op(TENANT | SAID, query={"tenant_id": "$tenant"}),
    "POST v1/messages/batch": Op(TENANT | {"messages": [SAID]}),
    "POST v1/messages/batch/update": Op(
        TENANT | {"updates": [{"id": "$message", "content": "I would like soup."}]}, ok=(200, 207)
    ),
    "POST v1/messages/batch/delete": Op(TENANT | {"message_ids": ["$message"]}, ok=(200, 207)),
    "GET v1/messages/{message_id}": Op(named=ONE),
    "PUT v1/messages/{message_id}": Op({"content": "I would like soup."}, named=ONE),
    "DELETE v1/messages/{message_id}": Op(named=ONE),
    "GET v1/memory/search": Op(query={"tenant_id": "$tenant", "query": "fish"}),
    "POST v1/admin/retention/run": Op(TENANT | {"actions": ["archive"], "dry_run": True}),
    "GET v1/admin/retention/rules": Op(),
    "POST v1/admin/retention/rules": Op(
        TENANT | {"name": "a year", "kind": "age", "action": "archive", "max_age_days": 365}
    ),
    "DELETE v1/admin/retention/rules/{rule_id}": Op(),
    "GET v1/conversations": Op(named={"cursor": "cursor_of_sessions"}),
    "GET v1/conversations/{conversation_id}": Op(named={"conversation_id": "talk", "cursor": "cursor_of_talk"}),
    "DELETE v1/conversations/{conversation_id}": Op(named={"conversation_id": "talk"}),
    "GET v1/analytics/overview": Op(),
    "GET v1/admin/health": Op(),
    "GET v1/admin/readiness": Op(),
    "GET metrics": Op(),
}
