"""How long dashboards take, and how fast hours are rolled up, beside a large library and a long ledger.

    python benchmarks/dashboards.py [--memories 100000] [--facts 1000000] [--learning 100000] [--rounds 20]

A month is made: memories and learning events by SQL, facts by COPY. The facts are numbered as the relay would number
them, and NOT chained: no dashboard reads a hash, and a million of them would take minutes. Vectors are not made either.
Then the rollup counts every hour of the month, and each endpoint and page is asked `--rounds` times in this process,
through all middleware, signed in. Statements are those of one answer.
"""

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import scratch

DAYS, DOMAINS, SERVICES, AGENTS, USERS = 30, 20, 6, 12, 400
KINDS = ("fact", "message", "event", "preference", "goal", "habit", "summary", "task")
TYPES = (
    ("memory.created", 62), ("memory.updated", 14), ("memory.deleted", 4), ("memory.superseded", 3),
    ("learning.recorded", 10), ("learning.judged", 4), ("run.succeeded", 3),
)  # fmt: skip
HOUR = timedelta(hours=1)
# Console pages by name, and endpoints with what is sent to them, for the month.
PAGES = (
    "analytics", "insights", "reports", "learning", "patterns", "recommendations", "traces", "searches", "quality",
)  # fmt: skip
ASKED = {"type": "historical", "metrics": ["memories_written", "hit_rate", "search_p95"], "group_by": "domain"}
ENDPOINTS: tuple[tuple[str, Any], ...] = (
    ("analytics/dashboard?range=30d", None),
    ("analytics/business?range=30d", None),
    ("analytics/insights", None),
    ("analytics/realtime", None),
    ("analytics/reports?type=executive&range=30d", None),
    ("analytics/reports?type=performance&range=30d", None),
    ("analytics/metrics", None),
    ("analytics/query", ASKED | {"step": "day"}),
    ("analytics/query", {"type": "predictive", "metrics": ["memories_written"]}),
    ("learning/metrics", None),
    ("learning/patterns", None),
    ("learning/trends", None),
    ("learning/recommendations", None),
    ("suggestions", None),
    ("traces", None),
    ("analytics/searches", None),
    ("evaluations", None),
)

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
  'talk' || n / 5, 0.5, '{"question": "?"}', '{"channel": "chat"}', '{"prediction": "yes"}', (n %% 90) / 100.0,
  CASE WHEN n %% 2 = 0 THEN n %% 6 > 0 END, CASE WHEN n %% 2 = 0 THEN n %% 4 > 0 END,
  CASE WHEN n %% 2 = 0 THEN 1 + n %% 5 END, '', n %% 14 = 0, '{}', 50 + n %% 700, n %% 900, (n %% 900) / 50000.0, '{}',
  md5((n %% 9)::text) || md5((n %% 9)::text), at, at, CASE WHEN n %% 2 = 0 THEN at END
FROM (SELECT n, %(begin)s + n * %(step)s::interval AS at FROM generate_series(0, %(count)s - 1) n) made
"""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("memories", 100_000), ("facts", 1_000_000), ("learning", 100_000), ("rounds", 20)):
        asked.add_argument(f"--{name}", type=int, default=usual)
    options = asked.parse_args()
    with scratch.tenant() as tenant:
        end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        begin = end - timedelta(days=DAYS)
        _timed("memories", options.memories, lambda: _fill(MEMORIES, begin, options.memories))
        _timed("learning events", options.learning, lambda: _fill(LEARNING, begin, options.learning))
        _timed("facts, by COPY", options.facts, lambda: _facts(tenant, begin, options.facts))
        _timed("cells of what is counted live", DAYS * 24 * DOMAINS * 4, lambda: _live(begin))
        _analyze()
        _timed("facts rolled up", options.facts, _roll_up)
        _ask(tenant, options.rounds)


def _timed(name: str, count: int, act: Callable[[], Any]) -> None:
    began = time.perf_counter()
    told = act()
    took = time.perf_counter() - began
    print(f"{name:32}{count:>10}{took:>9.1f} s{count / took:>11.0f} a second  {told or ''}", flush=True)


def _fill(sql: str, begin: datetime, count: int) -> None:
    from django.db import connection

    told = {"begin": begin, "count": count, "step": timedelta(days=DAYS) / count, "kinds": list(KINDS)}
    told |= {"users": USERS, "agents": AGENTS, "domains": DOMAINS, "services": SERVICES}
    with connection.cursor() as cursor:
        cursor.execute(sql, told)


def _facts(tenant: Any, begin: datetime, count: int) -> None:
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
        key = UUID(int=(int(at.timestamp() * 1000) << 80) | (0x7 << 76) | (0b10 << 62) | n)
        yield key, tenant_id, first + n, type, "memory", str(key), "key:bench", "", _data(type, n, at), at


def _data(type: str, n: int, at: datetime) -> str:
    told: dict[str, Any] = {"namespace": f"desk{n % DOMAINS}"}
    if type.startswith("run"):
        told = {"job": "decay", "dry_run": False, "counts": {"decay": n % 9}}
    elif type.startswith("learning"):
        told |= {"kind": "training", "service": f"service{n % SERVICES}", "at": at.isoformat()}
    else:
        told |= {"kind": KINDS[n % len(KINDS)], "user_id": f"user{n % USERS}", "version": 1}
    return json.dumps(told | ({"fields": ["tags"]} if type == "memory.updated" else {}))


def _live(begin: datetime) -> None:
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


def _analyze() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _roll_up() -> str:
    from analytics import rollups

    hours = 0
    while done := rollups.run():
        hours += done
    return f"{hours} hours"


def _ask(tenant: Any, rounds: int) -> None:
    from django.test import Client
    from django_tenants.utils import schema_context

    from tenants import keys
    from tenants.models import User

    with schema_context("public"):
        key = keys.issue(tenant, "bench")[1]
        operator = User.objects.create_superuser("bench@example.org", "x")
    api, console = (
        Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {key}"}),
        Client(SERVER_NAME="localhost"),
    )
    console.force_login(operator)
    print(f"\n{'ms':52}{'status':>7}{'p50':>9}{'p95':>9}{'most':>9}{'statements':>12}")
    for path, body in ENDPOINTS:
        _line(f"/api/v1/{path}", lambda p=path, b=body: _call(api, p, b), rounds)
    for url in list(_urls(tenant)):  # before a request says where it stands
        _line(url, lambda u=url: console.get(u), rounds)


def _call(api: Any, path: str, body: Any) -> Any:
    url = f"/api/v1/{path}"
    return api.get(url) if body is None else api.post(url, body, content_type="application/json")


def _urls(tenant: Any) -> Iterator[str]:
    """The addresses of pages, for a month."""
    from django.urls import NoReverseMatch, reverse, set_script_prefix

    set_script_prefix("/")
    for name in PAGES:
        try:
            path = reverse(name)
        except NoReverseMatch:
            print(f"{name:52}   none")
        else:
            yield f"/t/{tenant.slug}{path}?range=30d"


def _line(name: str, act: Callable[[], Any], rounds: int) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        status = act().status_code
    if status != 200:
        print(f"{name[:52]:52}{status:>7}")
        return
    statements = sum(not query["sql"].startswith("SET search_path") for query in captured.captured_queries)
    took = sorted(_ms(act) for _ in range(rounds))
    p95 = took[min(len(took) - 1, round(0.95 * len(took)))]
    print(
        f"{name[:52]:52}{status:>7}{statistics.median(took):>9.1f}{p95:>9.1f}{took[-1]:>9.1f}{statements:>12}",
        flush=True,
    )


def _ms(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
