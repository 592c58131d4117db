"""How each operation of mem0 is called so that it works; see tests/isolation/recipes.py."""

from tests.isolation.recipes import Op

HERS = {"user_id": "$user"}
SAID = {"messages": [{"role": "user", "content": "I take my tea without sugar."}], **HERS}
OWN = {"org_id": "tenant", "project_id": "tenant"}
PROJECT = "api/v1/orgs/organizations/{org_id}/projects/{project_id}"

OPS: dict[str, Op] = {
    "GET v1/ping": Op(),
    "POST v3/memories/add": Op(SAID),
    "POST v3/memories": Op({"filters": HERS}),
    "POST v3/memories/search": Op({"query": "tea", "filters": HERS}),
    "POST v2/memories": Op(HERS),
    "POST v2/memories/search": Op({"query": "tea", "filters": {"AND": [HERS, {"categories": {"in": ["$tag"]}}]}}),
    "POST v1/memories/search": Op({"query": "tea", **HERS, "org_id": "$tenant", "project_id": "$tenant"}),
    "POST v1/memories": Op(SAID | {"infer": False}),
    "GET v1/memories": Op(query=HERS),
    "DELETE v1/memories": Op(query=HERS),
    "GET v1/memories/{memory_id}": Op(),
    "PUT v1/memories/{memory_id}": Op({"text": "She takes coffee now."}),
    "DELETE v1/memories/{memory_id}": Op(),
    "GET v1/memories/{memory_id}/history": Op(),
    "PUT v1/batch": Op({"memories": [{"memory_id": "$memory", "text": "She takes coffee now."}]}),
    "DELETE v1/batch": Op({"memories": [{"memory_id": "$memory"}]}),
    "GET v1/event/{event_id}": Op(named={"event_id": "memory"}),
    "POST v1/feedback": Op({"memory_id": "$memory", "feedback": "POSITIVE", "feedback_reason": "So it is."}),
    "GET v1/entities": Op(),
    "DELETE v2/entities/user/{name}": Op(named={"name": "user"}),
    "DELETE v2/entities/agent/{name}": Op(named={"name": "agent"}),
    "DELETE v2/entities/app/{name}": Op(named={"name": "namespace"}),
    "DELETE v2/entities/run/{name}": Op(named={"name": "talk"}),
    "GET v2/entities/user/{name}/profile": Op(named={"name": "user"}),
    "POST v2/profiles/jobs": Op({"operation": "trigger", "entity_id": "$user"}),
    "GET v2/profiles/jobs/{job_id}": Op(named={"job_id": "nobody"}, ok=(404,)),
    "GET v2/profiles/settings": Op(),
    "POST v2/profiles/settings": Op({"enabled": True, "entities": {"user": {"custom_instructions": "Be brief."}}}),
    "POST v1/exports": Op({"schema": {"properties": {"memory": {}}}, "filters": HERS}),
    "POST v1/exports/get": Op({"memory_export_id": "$export"}),
    "POST v1/summary": Op({"filters": HERS}),
    "POST api/v1/orgs/organizations/{org_id}/projects": Op({"name": "Another"}, named=OWN, ok=(403,)),
    f"GET {PROJECT}": Op(named=OWN),
    f"PATCH {PROJECT}": Op({"custom_instructions": "Only what lasts."}, named=OWN),
    f"DELETE {PROJECT}": Op(named=OWN, ok=(403,)),
    f"GET {PROJECT}/members": Op(named=OWN),
    f"POST {PROJECT}/members": Op({"email": "ben@example.org", "role": "READER"}, named=OWN),
    f"PUT {PROJECT}/members": Op({"email": "nobody@example.org", "role": "READER"}, named=OWN, ok=(404,)),
    f"DELETE {PROJECT}/members": Op(query={"email": "nobody@example.org"}, named=OWN, ok=(404,)),
    "GET api/v1/webhooks/projects/{project_id}": Op(named=OWN),
    "POST api/v1/webhooks/projects/{project_id}": Op(
        {"url": "https://example.com/hook", "name": "ours", "event_types": ["memory_add"]}, named=OWN
    ),
    "PUT api/v1/webhooks/{webhook_id}": Op({"name": "theirs"}),
    "DELETE api/v1/webhooks/{webhook_id}": Op(),
}  # fmt: skip
