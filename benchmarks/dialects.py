"""What speaking a dialect costs: the same write and the same search through each door, side by side in one run.

    python benchmarks/dialects.py --memories 2000 --rounds 150

A tenant with so many memories of one user, a real uvicorn process, one kept connection. In each round every door is
asked once, in an order that is dealt anew, so what else the machine does falls on all alike. Each door writes words of
its own and asks a question of its own, so nothing is found already.

The writes of HippocampAI, InMemory and Mem0 wait for the vector and cost as much more: their users ask by meaning at
once, as of the original servers, and words alone would find less. The native write leaves vectors to the worker.
"""

import argparse
import http.client
import json
import random
import time
from typing import Any
from urllib.parse import quote

import latency
import numpy as np
import scratch

USER = "inside"
# By door: the path and the body of a write and of a search, in which "$text" stands for the words.
SAID = [{"role": "user", "content": "$text"}]
ENTRY = {
    "serviceId": "bench", "agentId": "bench", "memoryType": "semantic", "domain": "default", "content": "$text",
    "metadata": {
        "timestamp": "2026-01-01T00:00:00Z", "lastAccessed": "2026-01-01T00:00:00Z", "version": 1, "tags": [],
        "importance": 5, "accessCount": 0, "userId": USER,
    },
}  # fmt: skip
MESSAGE = {"tenant_id": "doors", "conversation_id": "talk", "role": "user", "content": "$text"}
DOORS: dict[str, tuple[tuple[str, Any], tuple[str, Any]]] = {
    "native": (
        ("api/v1/memories", {"content": "$text", "user_id": USER}),
        ("api/v1/memories/search", {"query": "$text", "user_id": USER}),
    ),
    "cml": (
        ("compat/cml/api/v1/memory/write", {"content": "$text"}),
        ("compat/cml/api/v1/memory/read", {"query": "$text", "format": "list"}),
    ),
    "hippocampai": (
        ("compat/hippocampai/v1/memories:remember", {"text": "$text", "user_id": USER}),
        ("compat/hippocampai/v1/memories:recall", {"query": "$text", "user_id": USER, "k": 10}),
    ),
    "inmemory": (
        ("compat/inmemory/v1/memories", {"memory_content": "$text", "user_id": USER}),
        ("compat/inmemory/v1/search", {"query": "$text", "user_id": USER}),
    ),
    "mem0": (
        ("compat/mem0/v3/memories/add/", {"messages": SAID, "user_id": USER, "infer": False}),
        ("compat/mem0/v3/memories/search/", {"query": "$text", "filters": {"user_id": USER}, "threshold": 0}),
    ),
    "memory_layer": (
        ("compat/memory_layer/v1/messages", MESSAGE),
        ("compat/memory_layer/v1/memory/search?tenant_id=doors&top_k=10&query=$text", None),
    ),
    "persistence": (
        ("compat/persistence/api/memory", ENTRY),
        ("compat/persistence/api/memory/query", {"searchText": "$text", "limit": 10}),
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--memories", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=150)
    options = parser.parse_args()
    with scratch.tenant():
        _measure(options.memories, options.rounds)


def _measure(memories: int, rounds: int) -> None:
    from django_tenants.utils import schema_context, tenant_context

    from tenants import keys
    from tenants.onboarding import open_tenant

    with schema_context("public"):
        tenant = open_tenant("doors", "doors")
    with tenant_context(tenant):
        talk = latency.Talk(memories)
        latency.fill(talk, USER, memories)
        latency.settle()
        key = keys.issue(tenant, USER)[1]
        with latency.served() as port:
            for place, act in ((1, "search"), (0, "write")):
                _print(act, _timed(place, port, key, talk, rounds))


def _timed(place: int, port: int, key: str, talk: latency.Talk, rounds: int) -> dict[str, list[float]]:
    """Milliseconds, by door."""
    line = latency.connected(port)
    took: dict[str, list[float]] = {door: [] for door in DOORS}
    order = list(DOORS)
    for number in range(rounds + 10):
        random.Random(number).shuffle(order)
        for door in order:
            began = time.perf_counter()
            _ask(line, key, *DOORS[door][place], talk.sentence(12))
            if number >= 10:
                took[door].append((time.perf_counter() - began) * 1000)
    return took


def _ask(line: http.client.HTTPConnection, key: str, path: str, body: Any, text: str) -> None:
    headers = {"X-API-Key": key, "Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    sent = json.dumps(body).replace("$text", text) if body else None
    line.request("POST" if body else "GET", f"/{path.replace('$text', quote(text))}", sent, headers)
    answer = line.getresponse()
    told = answer.read()
    assert answer.status < 300, told


def _print(act: str, took: dict[str, list[float]]) -> None:
    own = float(np.percentile(took["native"], 50))
    print(f"{act:>14}{'p50 ms':>10}{'p95 ms':>10}{'of native':>12}")
    for door, times in took.items():
        p50, p95 = np.percentile(times, [50, 95])
        print(f"{door:>14}{p50:>10.1f}{p95:>10.1f}{p50 / own:>12.2f}", flush=True)


if __name__ == "__main__":
    main()
