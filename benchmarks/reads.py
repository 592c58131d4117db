"""How long the reads of the dialects take in a full tenant: each GET, and each POST that only reads, by its recipe.

    python benchmarks/reads.py [--memories 50000] [--facts 100000] [--relations 5000] [--only cml graph] [--from 50]

Half of the memories are one user's, the others those of 300 more. Each operation of tests/dialects/recipes is asked
`--rounds` times in this process, through all middleware, about things that are there; slower than `--from` ms is told.
Statements are those of one answer. A first one that is not counted warms what a process keeps.
"""

import argparse
import json
import random
import re
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import latency
import planted
import scratch

USER, USERS, PEOPLE, TOPICS, TAGS, SESSION = "ada", 300, 200, 60, 40, 20
KINDS = ("fact", "message", "event", "preference", "goal", "habit", "context", "task")
RELATE = """
INSERT INTO memory_relation (id, source_id, target_id, type, weight, metadata, created_at)
SELECT uuidv7(), a.id, b.id, (ARRAY['causes', 'supports', 'follows', 'related_to'])[1 + n %% 4], 0.5, '{}', now()
FROM (SELECT id, row_number() OVER (ORDER BY md5(id::text)) n FROM memory_memory) a
JOIN (SELECT id, row_number() OVER (ORDER BY md5(id::text || 'b')) n FROM memory_memory) b USING (n)
WHERE a.id <> b.id AND n <= %s
"""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    usual = {"memories": 50_000, "facts": 100_000, "relations": 5_000, "learning": 10_000, "rounds": 5, "from": 0}
    for name, count in usual.items():
        asked.add_argument(f"--{name}", type=int, default=count)
    asked.add_argument("--only", nargs="*", default=[""], help="words, of which one is in the dialect or the operation")
    options = asked.parse_args()
    with scratch.tenant() as tenant:
        fill(tenant, options)
        ask(tenant, options)


def fill(tenant: Any, options: Any) -> None:
    from django.db import connection

    from memory.models import Memory, Session

    began = time.perf_counter()
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    begin = end - timedelta(days=planted.DAYS)
    with connection.cursor() as cursor:
        _memories(options.memories, begin)
        cursor.execute(RELATE, [options.relations])
        sessions = Memory.objects.order_by().values_list("session_id", "user_id").distinct()
        Session.objects.bulk_create([Session(session_id=name, user_id=user) for name, user in sessions])
        planted.fill(planted.LEARNING, begin, options.learning)
        planted.facts(tenant, begin, options.facts)
        cursor.execute("VACUUM (ANALYZE)")  # as autovacuum would have
    print(f"filled in {time.perf_counter() - began:.0f} s", flush=True)


def _memories(count: int, begin: datetime) -> None:
    """By COPY: people and topics as unevenly common as names are, one in ten with none."""
    from django.db import connection

    from memory import embeddings
    from memory.models import Memory

    talk, dice, model = latency.Talk(count), random.Random(1), embeddings.current().name
    blank = {field.name: field.get_default() for field in Memory._meta.concrete_fields if not field.generated}
    names = ", ".join(f'"{name}"' for name in blank)
    step = timedelta(days=planted.DAYS) / count
    with connection.cursor() as cursor, cursor.copy(f"COPY memory_memory ({names}) FROM STDIN") as copy:
        for n in range(count):
            at, user = begin + n * step, USER if n % 2 else f"user{n // 2 % USERS}"
            key = planted.key(at, n)
            told = blank | {
                "id": key, "content": talk.sentence(dice.randint(8, 36)), "user_id": user, "kind": KINDS[n % 8],
                "session_id": f"talk{n // (SESSION * (2 if n % 2 else 2 * USERS))}", "position": n, "role": "user",
                "agent_id": f"a{n % 9}",
                "people": _some(dice, "person", PEOPLE, 2), "tags": _some(dice, "tag", TAGS, 3), "source": "chat",
                "topic": "" if n % 10 == 0 else f"topic{int(TOPICS * dice.random() ** 2)}", "metadata": "{}",
                "fingerprint": str(key), "content_hash": str(key), "event_time": at, "created_at": at, "updated_at": at,
                "importance": dice.random(), "confidence": 0.5 + dice.random() / 2, "recalls": n % 7,
                "embedding": talk.vector(), "embedding_model": model,
            }  # fmt: skip
            copy.write_row(list(told.values()))


def _some(dice: random.Random, what: str, of: int, most: int) -> list[str]:
    return sorted({f"{what}{int(of * dice.random() ** 2)}" for _ in range(dice.randint(0, most))})


def ask(tenant: Any, options: Any) -> None:
    from django.test import Client
    from django_tenants.utils import schema_context

    from tenants import keys

    with schema_context("public"):
        tokens = [keys.issue(tenant, "bench")[1], keys.issue(None, "operator", ["platform"])[1]]
    callers = [Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {token}"}) for token in tokens]
    things = _things(tenant)
    print(f"{'ms':74}{'status':>7}{'p50':>8}{'most':>8}{'statements':>12}")
    for name, operation, op in _reads():
        if any(word in f"{name} {operation}" for word in options.only):
            _line(callers[op.key == "operator"], name, operation, op, things, options)


def _things(tenant: Any) -> dict[str, Any]:
    from memory.models import Memory, Session
    from tenants.models import ApiKey

    hers = Memory.objects.filter(user_id=USER).order_by("id")
    told = {"user": USER, "agent": "a1", "talk": "talk0", "namespace": "default", "tag": "tag0", "person": "person0"}
    told |= {"memory": hers[5].pk, "other": hers[9].pk, "message": hers.filter(kind="message")[0].pk}
    told |= {"session": Session.objects.filter(user_id=USER)[0].pk, "key": ApiKey.objects.filter(tenant=tenant)[0].pk}
    return {name: str(thing) for name, thing in told.items()} | {"tenant": tenant.slug, "number": 1}


def _reads() -> Iterator[tuple[str, str, Any]]:
    """Dialect, operation and recipe."""
    from django.conf import settings
    from django.urls import resolve

    for name in settings.DIALECTS:
        for operation, op in import_module(f"tests.dialects.recipes.{name}").OPS.items():
            method, path = operation.split(" ")
            view = resolve(f"/compat/{name}/" + re.sub(r"{\w+}", str(uuid4()), path)).func.cls
            row = getattr(view, "operations", {}).get(method, "")
            if method == "GET" or (method == "POST" and row.endswith(".read")):
                yield name, operation, op


def _line(caller: Any, name: str, operation: str, op: Any, things: dict[str, Any], options: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    method, path = operation.split(" ")
    words = {word: quote(str(_named(op, word, things)), safe="") for word in re.findall(r"{(\w+)}", path)}
    url = f"/compat/{name}/{path.format(**words)}?{urlencode(_filled(op.query, things))}"
    body = "" if op.body is None else json.dumps(_filled(op.body, things))

    def act() -> Any:
        answer = caller.generic(method, url, body, content_type=op.content_type)
        return answer.status_code, _whole(answer)

    act()
    connection.set_schema_to_public()
    with CaptureQueriesContext(connection) as captured:
        status = act()[0]
    done = [query["sql"] for query in captured.captured_queries if not query["sql"].startswith("SET search_path")]
    took = sorted(_ms(act) for _ in range(options.rounds))
    if statistics.median(took) >= getattr(options, "from"):
        numbers = f"{status:>7}{statistics.median(took):>8.1f}{took[-1]:>8.1f}{len(done):>12}"
        print(f"{f'{name} {operation}'[:73]:74}{numbers}", flush=True)


def _whole(answer: Any) -> bytes:
    from asgiref.sync import async_to_sync

    async def read() -> list[bytes]:
        return [part async for part in answer.streaming_content]

    if not answer.streaming:
        return answer.content
    return b"".join(async_to_sync(read)() if answer.is_async else answer.streaming_content)


def _named(op: Any, word: str, things: dict[str, Any]) -> Any:
    kind = op.kind(word) or "user"
    return kind[1:] if kind[0] == "=" else things.get(kind, uuid4())


def _filled(value: Any, things: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(inner, things) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, things) for inner in value]
    return str(things.get(value[1:], uuid4())) if isinstance(value, str) and value.startswith("$") else value


def _ms(act: Any) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
