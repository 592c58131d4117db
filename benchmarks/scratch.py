"""A scratch house for a benchmark: embedded services in a temporary directory, migrated, with one tenant entered."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))


@contextmanager
def tenant(slug: str = "bench") -> Iterator[Any]:
    """Start everything, open a tenant, stand in its schema; all of it is gone afterwards."""
    from ops import embedded

    with tempfile.TemporaryDirectory(prefix="memhouse-bench-") as var:
        services = embedded.start(Path(var))
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": services.database_url,
            "REDIS_URL": services.redis_url,
            "SECRET_KEY": "benchmark",
            "MEMHOUSE_VAR": var,
            "MODELS_DIR": str(ROOT / "var" / "models"),
            "LOG_LEVEL": "ERROR",
        }
        try:
            import django

            django.setup()
            from django.core.management import call_command
            from django.db import connections
            from django_tenants.utils import tenant_context

            from tenants.onboarding import open_tenant

            call_command("migrate", verbosity=0)
            opened = open_tenant(slug, slug)
            with tenant_context(opened):
                yield opened
            connections.close_all()
        finally:
            services.stop()
