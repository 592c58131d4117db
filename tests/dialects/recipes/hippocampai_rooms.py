"""How the operations of HippocampAI's automation and of its other rooms are called so that they work."""

from tests.isolation.recipes import Op

SAID = {"text": "Ada takes her tea without sugar.", "user_id": "$user"}
AUTOMATION: dict[str, Op] = {
    "POST api/v1/users/{user_id}/policy": Op({"summarization_threshold": 500}),
    "GET api/v1/users/{user_id}/policy": Op(ok=(404,)),  # none is there
    "DELETE api/v1/users/{user_id}/policy": Op(ok=(404,)),
    "GET api/v1/users/{user_id}/statistics": Op(),
    "POST users/{user_id}/policy": Op({"summarization_threshold": 500}),
    "GET users/{user_id}/policy": Op(ok=(404,)),
    "DELETE users/{user_id}/policy": Op(ok=(404,)),
    "GET users/{user_id}/statistics": Op(),
    "POST api/v1/users/{user_id}/tasks": Op({"task_type": "decay"}),
    "GET api/v1/users/{user_id}/tasks": Op(),
    "POST api/v1/tasks/memory/create": Op(SAID),
    "POST api/v1/tasks/memory/batch-create": Op({"memories": [SAID]}),
    "POST api/v1/tasks/memory/recall": Op({"query": "tea", "user_id": "$user"}),
    "POST api/v1/tasks/memory/update": Op({"memory_id": "$memory", "user_id": "$user", "updates": {"text": "mine"}}),
    "POST api/v1/tasks/memory/delete": Op({"memory_id": "$memory", "user_id": "$user"}),
    "GET api/v1/tasks/status/{task_id}": Op(),
    "POST api/v1/tasks/cancel/{task_id}": Op(),
    "GET api/v1/tasks/inspect/stats": Op(),
    "GET api/v1/tasks/inspect/queues": Op(),
    "GET api/v1/tasks/scheduled": Op(),
    "POST api/v1/tasks/scheduled/{task_name}/run": Op(named={"task_name": "policy"}, ok=(404,)),  # a job is before it
}
ROOMS: dict[str, Op] = {
    "GET api/sessions/list": Op(query={"user_id": "$user"}),
    "GET api/sessions/stats": Op(),
    "POST api/sessions/soft-delete": Op({"session_id": "$talk", "admin_user_id": "root"}),
    "POST api/sessions/wipe-user-data": Op({"user_id": "$user", "admin_user_id": "root", "confirm": True}),
    "GET api/sessions/deleted/list": Op(query={"user_id": "$user"}),
    "POST api/sessions/restore": Op({"record_id": "$session", "admin_user_id": "root"}, ok=(404,)),  # it is there
    "GET api/sessions/{session_id}": Op(),
    "POST v1/memories/{memory_id}/feedback": Op({"user_id": "$user", "query": "tea", "feedback_type": "relevant"}),
    "GET v1/memories/{memory_id}/feedback": Op(),
    "GET v1/feedback/stats": Op(query={"user_id": "$user"}),
    "POST api/compaction/compact": Op({"user_id": "$user"}),
    "GET api/compaction/preview": Op(query={"user_id": "$user"}),
    "GET api/compaction/types": Op(),
    "GET api/compaction/history": Op(query={"user_id": "$user"}),
    "GET api/consolidation/status": Op(),
    "GET api/consolidation/runs": Op(),
    "GET api/consolidation/runs/{run_id}": Op(named={"run_id": "run"}, ok=(404,)),  # it is one of another job
    "GET api/consolidation/stats": Op(),
    "POST api/consolidation/trigger": Op({"user_id": "$user"}),
    "GET api/consolidation/config": Op(),
    "GET api/consolidation/latest": Op(),
    "POST v1/context:assemble": Op({"query": "tea", "user_id": "$user", "session_id": "$talk"}),
    "POST v1/context:assemble/text": Op({"query": "tea", "user_id": "$user"}),
    "POST v1/healing/health": Op({"user_id": "$user"}),
    "POST v1/healing/health/stale": Op({"user_id": "$user"}),
    "POST v1/healing/health/duplicates": Op({"user_id": "$user"}),
    "POST v1/healing/health/gaps": Op({"user_id": "$user"}),
    "POST v1/healing/cleanup": Op({"user_id": "$user"}),
    "POST v1/healing/deduplication": Op({"user_id": "$user"}),
    "POST v1/healing/consolidate": Op({"user_id": "$user"}),
    "POST v1/healing/importance": Op({"user_id": "$user"}),
    "POST v1/healing/full-check": Op({"user_id": "$user"}),
    "GET api/usage/me": Op(query={"user_id": "$tenant"}),
    "GET api/usage/quotas": Op(query={"user_id": "$tenant"}),
    "GET api/usage/platform": Op(key="operator"),
    "GET api/usage/api-keys/{key_id}": Op(),
    "GET api/audit/logs": Op(query={"resource_id": "$memory"}),
    "POST api/audit/logs/search": Op({"resource_id": "$memory", "tenant_id": "$tenant"}),
    "GET api/audit/logs/{event_id}": Op(named={"event_id": "nobody"}, ok=(404,)),
    "GET api/audit/stats": Op(query={"tenant_id": "$tenant"}),
    "GET api/audit/actions": Op(),
    "GET api/audit/severities": Op(),
    "GET api/dashboard/stats": Op(query={"user_id": "$user"}),
    "GET api/dashboard/recent-activity": Op(query={"user_id": "$user"}),
}

OPS: dict[str, Op] = AUTOMATION | ROOMS
