"""How long a search takes, side by side in one run: the floor under it, in this process, and over HTTP.

    python benchmarks/latency.py --sizes 1000 10000 100000 --questions 60

For each size a tenant is filled with made-up talk in sessions of twenty: `owner` has all of it but 1,000 memories,
which are `inside`'s (a tenant of 1,000 is all `inside`'s). The floor is what no design can undercut: the question's
vector and a bare scan of the user's vectors. HTTP is a real uvicorn process and one kept connection. Every question is
asked once, so that no cache of vectors helps.
"""

import argparse
import http.client
import itertools
import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import scratch

INSIDE = 1_000  # memories of the user inside a larger tenant
SESSION = 20
COMMON = [
    "the", "a", "to", "and", "of", "in", "that", "was", "it", "for", "on", "with", "as", "at", "by", "this", "had",
    "not", "are", "but", "from", "they", "which", "you", "were", "her", "all", "she", "there", "would", "their", "we",
    "him", "been", "has", "when", "who", "will", "more", "no", "if", "out", "so", "said", "what", "up", "its",
    "about", "into", "than", "them", "can", "only",
]  # fmt: skip
SYLLABLES = [c + v + e for c in "bdfgklmnprstvz" for v in "aeiou" for e in ("", "n", "r", "st")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--questions", type=int, default=60)
    options = parser.parse_args()
    with scratch.tenant():
        print(f"{'tenant':>8} {'scope':>10} {'memories':>9}" + "".join(f"{x:>24}" for x in ("floor", "recall", "HTTP")))
        print(" " * 29 + "".join(f"{'p50 ms':>16}{'p95 ms':>8}" for _ in range(3)))
        for size in options.sizes:
            _measure(size, options.questions)


def _measure(size: int, questions: int) -> None:
    """Fill a tenant of this size and print a line for each scope in it."""
    from django_tenants.utils import schema_context, tenant_context

    from tenants import keys
    from tenants.onboarding import open_tenant

    with schema_context("public"):
        tenant = open_tenant(f"size-{size}", f"size-{size}")
    with tenant_context(tenant):
        talk = Talk(size)
        fill(talk, "inside", min(size, INSIDE))
        fill(talk, "owner", size - INSIDE)
        settle()
        with served() as port:
            search = _searcher(port, keys.issue(tenant, "benchmark")[1])
            scopes = [("inside", min(size, INSIDE)), ("owner", size - INSIDE), ("", size)]
            for user, count in scopes[: 1 if size <= INSIDE else 3]:
                _print(size, user, count, [_timed(ask, user, talk, questions) for ask in (_floor, _recall, search)])


class Talk:
    """Made-up sentences whose words are as unevenly common as real ones, and vectors like those of real sentences."""

    def __init__(self, seed: int) -> None:
        from memory import embeddings

        self.chance = random.Random(seed)
        self.noise = np.random.default_rng(seed)
        self.words = ["".join(self.chance.choices(SYLLABLES, k=self.chance.choice((2, 2, 3)))) for _ in range(8_000)]
        self.weights = list(itertools.accumulate(1 / (rank + 10) for rank in range(len(self.words))))
        self.base = embeddings.current().embed([self.sentence(20) for _ in range(256)])

    def sentence(self, length: int) -> str:
        rare = self.chance.choices(self.words, cum_weights=self.weights, k=length // 2)
        told = self.chance.choices(COMMON, k=length - len(rare)) + rare
        self.chance.shuffle(told)
        return " ".join(told).capitalize()

    def vector(self) -> str:
        one = self.base[self.chance.randrange(len(self.base))] + self.noise.normal(0, 0.03, self.base.shape[1])
        return "[" + ",".join(f"{x:.4f}" for x in one / np.linalg.norm(one)) + "]"


def fill(talk: Talk, user: str, count: int) -> None:
    """So many memories of a user, by COPY."""
    from django.db import connection
    from uuid_utils.compat import uuid7

    from memory import embeddings
    from memory.models import Memory

    model, began = embeddings.current().name, datetime(2026, 1, 1, tzinfo=UTC)
    blank = {field.name: field.get_default() for field in Memory._meta.concrete_fields if not field.generated}
    names = ", ".join(f'"{name}"' for name in blank)
    with connection.cursor() as cursor, cursor.copy(f"COPY memory_memory ({names}) FROM STDIN") as copy:
        for n in range(count):
            at = began + timedelta(minutes=n)
            key = uuid7()
            told = blank | {
                "id": key, "content": talk.sentence(talk.chance.randint(8, 36)), "user_id": user, "kind": "message",
                "author": ("Ada", "Ben")[n % 2], "session_id": f"session_{n // SESSION}", "position": n % SESSION + 1,
                "fingerprint": str(key), "content_hash": str(key), "event_time": at, "metadata": "{}",
                "embedding": talk.vector(), "embedding_model": model,
            }  # fmt: skip
            copy.write_row(list(told.values()))


def settle() -> None:
    """What autovacuum and the ticks do in their own time: statistics, pages marked as visible to all, the index."""
    from django.db import connection

    from memory.upkeep import index

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE memory_memory")
    index.run()


@contextmanager
def served() -> Iterator[int]:
    """A web process as `up` starts it; the port it listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port), "--no-access-log"]
    process = subprocess.Popen(
        [*program, "--lifespan", "off", "--timeout-keep-alive", "600", "--log-level", "warning"],
        env=os.environ | {"MEMHOUSE_ROLE": "web"},
        cwd=scratch.ROOT,
    )
    try:
        connected(port).close()
        yield port
    finally:
        process.terminate()
        process.wait(30)


def connected(port: int) -> http.client.HTTPConnection:
    for _ in range(300):
        try:
            line = http.client.HTTPConnection("127.0.0.1", port)
            line.connect()
            line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return line
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The web process did not start.")


def _searcher(port: int, key: str) -> Callable[[str, str], Any]:
    kept: list[http.client.HTTPConnection] = []
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def search(user: str, question: str) -> Any:
        line = kept[0] if kept else kept.append(connected(port)) or kept[0]
        line.request("POST", "/api/v1/memories/search", json.dumps({"query": question, "user_id": user}), headers)
        answer = line.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        return json.loads(body)

    return search


def _floor(user: str, question: str) -> Any:
    from django.db import connection

    from memory import embeddings

    vector = str(embeddings.current().embed([question])[0].tolist())
    mine = "WHERE user_id = %s" if user else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM memory_memory {mine} ORDER BY embedding <=> %s::halfvec LIMIT 10",
            [*([user] if user else []), vector],
        )
        return cursor.fetchall()


def _recall(user: str, question: str) -> Any:
    from memory.recall import recall
    from memory.types import Query, Scope

    return recall(Query(question, Scope(user_id=user)))


def _timed(ask: Callable[[str, str], Any], user: str, talk: Talk, questions: int) -> tuple[float, float]:
    """p50 and p95 in milliseconds, after a few to warm up."""
    took = []
    for n in range(questions + 10):
        question = f"What did {talk.chance.choice(('Ada', 'Ben'))} say of {talk.sentence(6)}?"
        began = time.perf_counter()
        ask(user, question)
        if n >= 10:
            took.append((time.perf_counter() - began) * 1000)
    return float(np.percentile(took, 50)), float(np.percentile(took, 95))


def _print(size: int, user: str, count: int, timings: list[tuple[float, float]]) -> None:
    told = "".join(f"{p50:>16.1f}{p95:>8.1f}" for p50, p95 in timings)
    print(f"{size:>8} {user or 'everybody':>10} {count:>9}{told}", flush=True)


if __name__ == "__main__":
    main()
