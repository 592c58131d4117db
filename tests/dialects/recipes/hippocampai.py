"""How each operation of HippocampAI is called so that it works; see tests/isolation/recipes.py."""

from tests.dialects.recipes import hippocampai_rooms
from tests.isolation.recipes import Op

SAID = {"text": "Ada takes her tea without sugar.", "user_id": "$user"}
ASKED = {"query": "tea", "user_id": "$user"}
TALK = {"conversation": '[{"role": "user", "content": "I love tea."}]', "user_id": "$user"}

MEMORIES: dict[str, Op] = {
    "POST v1/memories:remember": Op(SAID),
    "POST v1/memories:recall": Op(ASKED),
    "POST v1/memories:get": Op({"user_id": "$user"}),
    "PATCH v1/memories:update": Op({"memory_id": "$memory", "text": "mine now"}),
    "DELETE v1/memories:delete": Op({"memory_id": "$memory", "user_id": "$user"}),
    "POST v1/memories:extract": Op(TALK),
    "POST v1/memories": Op(SAID),
    "POST v1/memories/recall": Op(ASKED),
    "POST v1/memories/query": Op({"user_id": "$user", "tags": ["$tag"]}),
    "POST v1/memories/extract": Op(TALK),
    "POST v1/memories/batch": Op({"memories": [SAID]}),
    "PATCH v1/memories/batch": Op({"updates": [{"memory_id": "$memory", "text": "mine now"}]}),
    "DELETE v1/memories/batch": Op({"memory_ids": ["$memory"]}),
    "POST v1/memories/batch/get": Op({"memory_ids": ["$memory"]}),
    "POST v1/memories/batch/delete": Op({"memory_ids": ["$memory"]}),
    "POST v1/classify": Op({"text": "I want to learn Japanese."}),
    "GET v1/memories/{memory_id}": Op(),
    "PATCH v1/memories/{memory_id}": Op({"text": "mine now"}),
    "DELETE v1/memories/{memory_id}": Op(),
    "GET health": Op(),
    "GET healthz": Op(),
}

OPS: dict[str, Op] = {**MEMORIES, **hippocampai_rooms.OPS}
