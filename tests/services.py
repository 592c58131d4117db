"""A pytest plugin, loaded before Django: real PostgreSQL and Valkey of the tests' own, unless others are given."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from ops import embedded

if os.environ.pop("MEMHOUSE_TEST_SERVICES", ""):  # we are one of several, and inherited those of whom started us
    del os.environ["DATABASE_URL"], os.environ["REDIS_URL"]
os.environ.setdefault("SECRET_KEY", "only-for-tests-0123456789-0123456789-0123456789-0123456789")
os.environ.setdefault("NOTING", "false")  # a thread's rows are not rolled back: see the fixture `noted`
_var = Path(tempfile.mkdtemp(prefix="memhouse-test-"))
os.environ["MEMHOUSE_VAR"] = str(_var)  # never the checkout's own
_kept = Path(__file__).resolve().parent.parent / "var"
if os.access(_kept.parent, os.W_OK):
    os.environ.setdefault("MODELS_DIR", str(_kept / "models"))  # made once for the checkout, not for each run
_services = embedded.start(
    _var,
    durable=False,
    need_postgres=not os.environ.get("DATABASE_URL"),
    need_redis=not os.environ.get("REDIS_URL"),
)
if _services.database_url and _services.redis_url:
    os.environ["MEMHOUSE_TEST_SERVICES"] = "started"
os.environ["DATABASE_URL"] = os.environ.get("DATABASE_URL") or _services.database_url
os.environ["REDIS_URL"] = os.environ.get("REDIS_URL") or _services.redis_url
# Registered in reverse: the services stop before their directory goes.
atexit.register(shutil.rmtree, _var, ignore_errors=True)
atexit.register(_services.stop)
