"""A month of a busy tenant for a benchmark: memories, learning events and traces by SQL, facts by COPY.

The facts are numbered as the relay would number them, and NOT chained: no page of the study reads a hash, and a million
of them would take minutes. Vectors are not made either.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

DAYS, DOMAINS, SERVICES, AGENTS, USERS = 30, 20, 6, 12, 400
KINDS = ("fact", "message", "event", "preference", "goal", "habit", "summary", "task")
TYPES = (
    ("memory.created", 62), ("memory.updated", 14), ("memory.deleted", 4), ("memory.superseded", 3),
    ("learning.recorded", 10), ("learning.judged", 4), ("run.succeeded", 3),
)  # fmt: skip
EVALUATIONS, QUESTIONS = 90, 100

MEMORIES = """
INSERT INTO memory_memory (id, content, kind, role, author, user_id, agent_id, session_id, namespace, tags, people,
  topic, language, source, trust, metadata, importance, importance_stated, confidence, state, event_time, position,
  version, embedding_model, content_hash, fingerprint, created_at, updated_at, tier, cold_key, cold_bytes, recalls,
  passages, shadow_model)
SELECT uuidv7(at - now()), 'Note ' || n || ' of ' || md5(n::text),
  (%(kinds)s::text[])[1 + n %% array_length(%(kinds)s::text[], 1)], 'user', '',
  'user' || n %% %(users)s, 'agent' || n %% %(agents)s, '', 'desk' || n %% %(domains)s, '{}', '{}', '', '', 'chat',
  'trusted', '{}', (n %% 100) / 100.0, false, 0.9, 'active', at, NULL, 1, '', md5(n::text) || md5(n::text),
  md5(n::text) || md5('x' || n), at, at, 'warm', '', 0, n %% 7, 0, ''
FROM (SELECT n, %(begin)s + n * %(step)s::interval AS at FROM generate_series(0, %(count)s - 1) n) made
"""
LEARNING = """
INSERT INTO analytics_learningevent (id, type, domain, service, agent, user_id, session_id, importance, input, context,
  output, confidence, correct, improved, rating, explanation, model_updated, affected_models, processing_ms, tokens,
  cost, metadata, signature, occurred_at, recorded_at, judged_at)
SELECT uuidv7(at - now()), (ARRAY['training','feedback','correction','reinforcement','adaptation'])[1 + n %% 5],
  'desk' || n %% %(domains)s, 'service' || n %% %(services)s, 'agent' || n %% %(agents)s, 'user' || n %% %(users)s,
  'talk' || n / 5, 0.5, jsonb_build_object('question', repeat(md5(n::text) || ' ', 6)), '{"channel": "chat"}',
  jsonb_build_object('prediction', repeat(md5(n::text) || ' ', 6)), (n %% 90) / 100.0,
  CASE WHEN n %% 2 = 0 THEN n %% 6 > 0 END, CASE WHEN n %% 2 = 0 THEN n %% 4 > 0 END,
  CASE WHEN n %% 2 = 0 THEN 1 + n %% 5 END, '', n %% 14 = 0, '{}', 50 + n %% 700, n %% 900, (n %% 900) / 50000.0, '{}',
  md5((n %% 9)::text) || md5((n %% 9)::text), at, at, CASE WHEN n %% 2 = 0 THEN at END
FROM (SELECT n, %(begin)s + n * %(step)s::interval AS at FROM generate_series(0, %(count)s - 1) n) made
"""
# Each with ten hits and nine parts of their scores, as a recall is traced: some 3 kB.
TRACES = """
INSERT INTO analytics_trace (id, kind, why, operation, domain, user_id, request_id, actor, status, took_ms, found, told,
  occurred_at)
SELECT uuidv7(at - now()), CASE WHEN n %% 5 = 0 THEN 'operation' ELSE 'recall' END,
  (ARRAY['sampled','sampled','slow','empty','failed'])[1 + n %% 5], 'search', 'desk' || n %% %(domains)s,
  'user' || n %% %(users)s, md5(n::text), 'key:bench', 200, 5 + n %% 400, CASE WHEN n %% 5 = 3 THEN 0 ELSE 10 END,
  CASE WHEN n %% 5 = 0 THEN '{}' ELSE told || jsonb_build_object('asked', jsonb_build_object(
    'text', 'What of ' || n %% 3000 || '?', 'user_id', 'user' || n %% %(users)s, 'namespace', 'desk')) END, at
FROM (SELECT n, %(begin)s + n * %(step)s::interval AS at, (
    SELECT jsonb_build_object('stages', '[{"ms": 1.2, "name": "words", "left": 50}]'::jsonb, 'hits', jsonb_agg(
      jsonb_build_object('id', md5(n::text || h)::uuid, 'score', 0.5 + h / 100.0, 'parts', jsonb_build_object(
        'semantic', 0.1 * h, 'lexical', 0.31, 'neighbours', 0.0, 'prior', 0.01, 'named', 0.0, 'session', 0.0,
        'time', 0.12, 'importance', 0.5, 'recency', 0.01 * h))))
    FROM generate_series(1, 10) h) AS told
  FROM generate_series(0, %(count)s - 1) n) made
"""


def fill(sql: str, begin: datetime, count: int) -> None:
    """Rows of one of the statements above, spread evenly over the month."""
    from django.db import connection

    told = {"begin": begin, "count": count, "step": timedelta(days=DAYS) / count, "kinds": list(KINDS)}
    told |= {"users": USERS, "agents": AGENTS, "domains": DOMAINS, "services": SERVICES}
    with connection.cursor() as cursor:
        cursor.execute(sql, told)


def facts(tenant: Any, begin: datetime, count: int) -> None:
    """Facts by COPY, with their numbers."""
    from django.db import connection, transaction

    from events.models import Stream

    columns = "id, tenant_id, seq, type, subject_type, subject_id, actor, request_id, data, occurred_at"
    with transaction.atomic(), connection.cursor() as cursor:
        stream, _ = Stream.objects.get_or_create(tenant_id=tenant.pk)
        cursor.execute("SELECT coalesce(max(seq), 0) FROM events_event WHERE tenant_id = %s", [tenant.pk])
        first = cursor.fetchone()[0] + 1
        with cursor.copy(f"COPY events_event ({columns}) FROM STDIN") as copy:
            for row in _rows(tenant.pk, begin, count, first):
                copy.write_row(row)
        Stream.objects.filter(pk=stream.pk).update(last_seq=first + count - 1)


def _rows(tenant_id: UUID, begin: datetime, count: int, first: int) -> Iterator[tuple[Any, ...]]:
    dice, step = random.Random(1), timedelta(days=DAYS) / count
    names, weights = [name for name, _ in TYPES], [weight for _, weight in TYPES]
    chosen = dice.choices(names, weights, k=count)
    for n, type in enumerate(chosen):
        at = begin + n * step
        own = key(at, n)
        yield own, tenant_id, first + n, type, _subject(type), str(own), "key:bench", "", _data(type, n, at), at


def key(at: datetime, n: int) -> UUID:
    """The `n`th UUIDv7, of a time."""
    return UUID(int=(int(at.timestamp() * 1000) << 80) | (0x7 << 76) | (0b10 << 62) | n)


def _subject(type: str) -> str:
    kind = type.partition(".")[0]
    return {"learning": "learningevent", "run": "taskrun"}.get(kind, kind)


def _data(type: str, n: int, at: datetime) -> str:
    told: dict[str, Any] = {"namespace": f"desk{n % DOMAINS}"}
    if type.startswith("run"):
        told = {"job": "decay", "dry_run": False, "counts": {"decay": n % 9}}
    elif type.startswith("learning"):
        told |= {"kind": "training", "service": f"service{n % SERVICES}", "at": at.isoformat()}
    else:
        told |= {"kind": KINDS[n % len(KINDS)], "user_id": f"user{n % USERS}", "version": 1}
    return json.dumps(told | ({"fields": ["tags"]} if type == "memory.updated" else {}))


def live(begin: datetime) -> None:
    """Searches and requests, as they are noted while they are answered."""
    from analytics import counts
    from analytics.algorithms import histograms
    from analytics.counts import Cell

    buckets = histograms.of([float(ms) for ms in range(5, 90, 3)])
    for day in range(DAYS):
        counts.add(
            Cell(metric, begin + timedelta(days=day, hours=hour), kind, f"desk{n}", n=29, total=1200.0, least=5.0,
                 most=89.0, buckets=buckets)
            for hour in range(24) for n in range(DOMAINS)
            for metric, kind in (("searches", "found"), ("searches", "empty"), ("search_hits", ""), ("requests", "x"))
        )  # fmt: skip


def evaluations() -> None:
    """As many as the page of quality draws, each of the most questions that one asks."""
    from memory import evaluations, measuring
    from memory.algorithms.judging import KS, Judged

    half, keys = dict.fromkeys(KS, 0.5), [str(uuid4()) for _ in range(QUESTIONS)]
    told: dict[str, Any] = {"namespace": "", "user_id": "", "setup": measuring.setup(), "degraded": False}
    told |= {"questions": QUESTIONS, "unasked": 0, "recall": 0.8, "mrr": 0.7, "ndcg": 0.75, "p50_ms": 5.0}
    told |= {"p95_ms": 9.0, "regressed": False, "before": None, "against": None, "worse": [], "changes": []} | {
        "kinds": {},
        "at": {},
    }
    for nth in range(EVALUATIONS):
        lines = [
            Judged(key, "fact", "0", 10, (str(uuid4()),), 2, 0.5, 1 / (1 + (nth + at) % 4), 0.6, half, 5.0)
            for at, key in enumerate(keys)
        ]
        evaluations.keep(told | {"lines": [asdict(line) for line in lines]})
