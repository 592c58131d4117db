"""How long it takes to make tenants, to see that nothing is due for all of them, and to delete one.

`python benchmarks/tenants.py --tenants 200` starts a house of its own, and prints one table.
"""

import argparse
import statistics
import time
from collections.abc import Callable

from scratch import tenant


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def line(name: str, took: list[float]) -> None:
    ordered = sorted(took)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    print(f"{name:<44} {len(took):>5} {statistics.median(took):>9.1f} {p95:>9.1f} {ordered[-1]:>9.1f}")


def measure(count: int) -> None:
    from tenants import blueprint, leaving, lifecycle, onboarding, runner, schema
    from tenants.models import Blueprint, Tenant

    Blueprint.objects.all().delete()
    print(f"{'ms':<44} {'times':>5} {'p50':>9} {'p95':>9} {'most':>9}")
    line("draw the blueprint, once for a release", [timed(blueprint.current)])
    line("create, from the blueprint", [timed(lambda n=n: onboarding.open_tenant(f"t-{n}", "x")) for n in range(count)])
    told = Blueprint.objects.all()
    kept = told.get().statements
    told.update(statements="")
    line("create, by every migration", [timed(lambda n=n: onboarding.open_tenant(f"m-{n}", "x")) for n in range(20)])
    told.update(statements=kept)
    schema.wanted()
    line(f"look whether any of {Tenant.objects.count()} is behind", [timed(runner.due) for _ in range(10)])
    one = Tenant.objects.get(slug="m-0")
    lifecycle.ask_deletion(one.pk, one.slug)
    line("delete one", [timed(leaving.due)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=200)
    asked = parser.parse_args()
    with tenant():
        from django.conf import settings
        from django.db import connection

        settings.TENANT_GRACE_DAYS = 0
        connection.set_schema_to_public()
        measure(asked.tenants)


if __name__ == "__main__":
    main()
