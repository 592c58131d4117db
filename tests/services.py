"""A pytest plugin, loaded before Django: real PostgreSQL and Valkey of the tests' own, unless others are given."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from ops import embedded

os.environ.setdefault("SECRET_KEY", "only-for-tests-0123456789-0123456789-0123456789-0123456789")
if "DATABASE_URL" not in os.environ or "REDIS_URL" not in os.environ:
    _var = Path(tempfile.mkdtemp(prefix="memhouse-test-"))
    _services = embedded.start(
        _var,
        durable=False,
        need_postgres="DATABASE_URL" not in os.environ,
        need_redis="REDIS_URL" not in os.environ,
    )
    os.environ.setdefault("DATABASE_URL", _services.database_url)
    os.environ.setdefault("REDIS_URL", _services.redis_url)
    os.environ.setdefault("MEMHOUSE_VAR", str(_var))
    # Registered in reverse: the services stop before their directory goes.
    atexit.register(shutil.rmtree, _var, ignore_errors=True)
    atexit.register(_services.stop)
