"""How long dashboards take, and how fast hours are rolled up, beside a large library and a long ledger.

    python benchmarks/dashboards.py [--memories 100000] [--facts 1000000] [--learning 200000] [--traces 50000]

A month is made, see planted.py. Then the rollup counts every hour of it, and each endpoint and page of the study is
asked `--rounds` times in this process, through all middleware, signed in. Statements are those of one answer; `own` is
the time of the processor that this process needed for one, without PostgreSQL. A `!` marks a p95 above the budget.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import planted
import scratch
from planted import LEARNING, MEMORIES, TRACES

BUDGET_MS = 300
# Console pages by name, and endpoints with what is sent to them, for the month.
PAGES = (
    "", "analytics", "insights", "reports", "reports?type=executive", "learning", "patterns", "recommendations",
    "quality", "traces", "searches?days=30",
)  # fmt: skip
ASKED = {"type": "historical", "metrics": ["memories_written", "hit_rate", "search_p95"], "group_by": "domain"}
REPORTS = ("executive", "performance", "learning", "business")
ENDPOINTS: tuple[tuple[str, Any], ...] = (
    ("analytics/dashboard?range=30d", None),
    ("analytics/business?range=30d", None),
    ("analytics/insights", None),
    ("analytics/realtime", None),
    *((f"analytics/reports?range=30d&type={type}", None) for type in REPORTS),
    ("analytics/metrics", None),
    ("analytics/query", ASKED | {"step": "day"}),
    ("analytics/query", {"type": "predictive", "metrics": ["memories_written"]}),
    *((f"learning/{name}", None) for name in ("metrics", "patterns", "trends", "recommendations")),
    *((f"learning/{name}?since=MONTH", None) for name in ("metrics", "patterns", "recommendations")),
    ("learning/trends?periods=30", None),
    ("learning/metrics?since=MONTH&domain=desk3", None),
    ("suggestions", None),
    ("traces", None),
    ("analytics/searches?since=MONTH", None),
    ("evaluations", None),
)  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    usual = {"memories": 100_000, "facts": 1_000_000, "learning": 200_000, "traces": 50_000, "rounds": 11}
    for name, count in usual.items():
        asked.add_argument(f"--{name}", type=int, default=count)
    options = asked.parse_args()
    with scratch.tenant() as tenant:
        from analytics import rollups

        end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        begin = end - timedelta(days=planted.DAYS)
        for name, sql in (("memories", MEMORIES), ("learning", LEARNING), ("traces", TRACES)):
            count = getattr(options, name)
            _timed(name, count, lambda s=sql, n=count: planted.fill(s, begin, n))
        _timed("evaluations", planted.EVALUATIONS, planted.evaluations)
        _timed("facts, by COPY", options.facts, lambda: planted.facts(tenant, begin, options.facts))
        rollups.mark("learning", (begin + timedelta(hours=n) for n in range(planted.DAYS * 24)))
        cells = planted.DAYS * 24 * planted.DOMAINS * 4
        _timed("cells of what is counted live", cells, lambda: planted.live(begin))
        _analyze()
        _timed("facts rolled up", options.facts, _roll_up)
        _analyze()
        _ask(tenant, options.rounds, begin)


def _timed(name: str, count: int, act: Callable[[], Any]) -> None:
    began = time.perf_counter()
    told = act()
    took = time.perf_counter() - began
    print(f"{name:32}{count:>10}{took:>9.1f} s{count / took:>11.0f} a second  {told or ''}", flush=True)


def _analyze() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")  # as autovacuum would have


def _roll_up() -> str:
    from analytics import rollups

    hours = 0
    while done := rollups.run():
        hours += done
    return f"{hours} hours"


def _ask(tenant: Any, rounds: int, begin: datetime) -> None:
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
    print(f"\n{f'ms, of {BUDGET_MS}':56}{'status':>7}{'p50':>8}{'p95':>8}{'own':>8}{'statements':>12}")
    for path, body in ((path.replace("MONTH", f"{begin:%Y-%m-%dT%H:%M:%SZ}"), body) for path, body in ENDPOINTS):
        _line(f"/api/v1/{path}", lambda p=path, b=body: _call(api, p, b), rounds)
    for url in list(_urls(tenant)):  # before a request says where it stands
        _line(url, lambda u=url: console.get(u), rounds)


def _call(api: Any, path: str, body: Any) -> Any:
    url = f"/api/v1/{path}"
    return api.get(url) if body is None else api.post(url, body, content_type="application/json")


def _urls(tenant: Any) -> Iterator[str]:
    """The addresses of pages, for a month."""
    from django.urls import reverse, set_script_prefix

    set_script_prefix("/")
    for name in PAGES:
        page, _, query = name.partition("?")
        yield f"/t/{tenant.slug}{reverse(page or 'admin:index')}?range=30d&{query}".rstrip("&")


def _line(name: str, act: Callable[[], Any], rounds: int) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        status = act().status_code
    statements = sum(not query["sql"].startswith("SET search_path") for query in captured.captured_queries)
    began = time.process_time()
    took = sorted(_ms(act) for _ in range(rounds))
    own = (time.process_time() - began) * 1000 / rounds
    p95 = took[min(len(took) - 1, round(0.95 * len(took)))]
    over = "!" if p95 > BUDGET_MS else ""
    told = f"{statistics.median(took):>8.1f}{p95:>8.1f}{own:>8.1f}{statements:>12} {over}"
    print(f"{name[:56]:56}{status:>7}{told}", flush=True)


def _ms(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
