"""How each dialect is spoken at first: a request, and the client's own words. The docs and the console show them."""

from dataclasses import dataclass
from typing import Any

TENANT, KEY, URL = "TENANT", "KEY", "URL"  # what stands for the tenant's slug, a key, and the dialect's base URL


@dataclass(frozen=True)
class Example:
    """`header` carries the key. The request is a POST of `body` to `path`, relative to the base URL."""

    header: str
    path: str
    body: dict[str, Any]
    client: str  # Python


SAID = "Ada takes her tea without sugar."
EXAMPLES: dict[str, Example] = {
    "cml": Example(
        f"X-API-Key: {KEY}",
        "api/v1/memory/write",
        {"content": SAID},
        "from cml import CognitiveMemoryLayer\n\n"
        f'memory = CognitiveMemoryLayer(api_key="{KEY}", base_url="{URL}")\n'
        f'memory.write("{SAID}")\n'
        'print(memory.read("How does Ada take her tea?"))',
    ),
    "hippocampai": Example(
        f"Authorization: Bearer {KEY}",
        "v1/memories:remember",
        {"text": SAID, "user_id": "ada"},
        "from hippocampai import UnifiedMemoryClient\n\n"
        f'client = UnifiedMemoryClient(mode="remote", api_url="{URL}", api_key="{KEY}")\n'
        f'client.remember("{SAID}", user_id="ada")\n'
        'print(client.recall("How does Ada take her tea?", user_id="ada"))',
    ),
    "inmemory": Example(
        f"Authorization: Bearer {KEY}",
        "v1/memories",
        {"memory_content": SAID},
        "from inmemory import InmemoryClient\n\n"
        f'client = InmemoryClient(api_key="{KEY}", host="{URL}")\n'
        f'client.add("{SAID}")\n'
        'print(client.search("How does Ada take her tea?"))',
    ),
    "mem0": Example(
        f"Authorization: Token {KEY}",
        "v3/memories/add/",
        {"messages": [{"role": "user", "content": SAID}], "user_id": "ada"},
        "from mem0 import MemoryClient\n\n"
        f'client = MemoryClient(api_key="{KEY}", host="{URL}")\n'
        f'client.add("{SAID}", user_id="ada")\n'
        'print(client.search("How does Ada take her tea?", filters={"user_id": "ada"}))',
    ),
    "memory_layer": Example(
        f"X-API-Key: {KEY}",
        "v1/messages",
        {"tenant_id": TENANT, "conversation_id": "tea", "role": "user", "content": SAID},
        "import httpx\n\n"
        f'client = httpx.Client(base_url="{URL}", headers={{"X-API-Key": "{KEY}"}})\n'
        f'asked = {{"tenant_id": "{TENANT}", "query": "How does Ada take her tea?"}}\n'
        'print(client.get("/v1/memory/search", params=asked).json())',
    ),
    "persistence": Example(
        f"Authorization: Bearer {KEY}",
        "api/memory",
        {
            "serviceId": "kitchen",
            "agentId": "cook",
            "memoryType": "semantic",
            "domain": "tea",
            "content": {"fact": SAID},
            "metadata": {"timestamp": "2026-11-21T09:00:00Z", "version": 1, "tags": ["tea"], "importance": 7},
        },
        "import httpx\n\n"
        f'client = httpx.Client(base_url="{URL}", headers={{"Authorization": "Bearer {KEY}"}})\n'
        'print(client.post("/api/memory/query", json={"searchText": "tea"}).json())',
    ),
}


def curl(example: Example, body: str) -> str:
    headers = f"-H '{example.header}' -H 'Content-Type: application/json'"
    return f"curl {URL}/{example.path} \\\n  {headers} \\\n  -d '{body}'"
