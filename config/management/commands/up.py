"""Run the whole house: embedded services, migrations, first-run data, then web, workers and beat as one."""

import errno
import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError

from config.env import BASE_DIR, VAR
from ops import embedded
from ops.files import write_private
from ops.processes import end_all, with_variable
from ops.supervisor import Program, Supervisor

READY_WITHIN = 180.0
LOOPBACK = ("127.0.0.1", "::1", "localhost")
PORTS = range(8000, 8050)
MOST_EMBEDDERS = 4  # a thread each: one a core, and some cores of a large machine are left for the rest
LEFTOVERS_END_WITHIN = 10.0  # what a killed predecessor left was told to end when it died
MARK = "MEMHOUSE_UP"  # in the environment of every program of ours, so that a successor can tell them


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []  # there is no database to check before we start it

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, help="8000, or the next free one when it is not given")

    def handle(self, *args: Any, host: str, port: int | None, no_color: bool = False, **options: Any) -> None:
        lock = _only_one()
        signal.signal(signal.SIGTERM, _interrupt)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's `&` starts us with it ignored
        services = None
        try:
            end_all(with_variable(MARK, str(VAR)), LEFTOVERS_END_WITHIN)
            port = self._port(host, port)
            url = _url(host, port)
            services = _services()
            env = _environment(services, host)
            _tell_lock(lock, url)
            _prepare(env, url)
            self._serve(services, env, host, port, url, colour=sys.stdout.isatty() and not no_color)
        except KeyboardInterrupt:
            self.stdout.write("stopping")
        except embedded.Refused as error:
            raise CommandError(str(error), returncode=1) from None
        finally:
            if services:
                services.stop()
            lock.close()

    def _port(self, host: str, wanted: int | None) -> int:
        """The wanted port; without a wish 8000 or the next free one."""
        if wanted is not None:
            if _free(host, wanted):
                return wanted
            raise CommandError(f"Port {wanted} on {host} is in use. Give another with --port.", returncode=2)
        for port in PORTS:
            if _free(host, port):
                if port != PORTS[0]:
                    self.stdout.write(f"Port {PORTS[0]} is in use, so this is on port {port}.")
                return port
        raise CommandError(f"Ports {PORTS[0]} to {PORTS[-1]} are in use. Give one with --port.", returncode=2)

    def _serve(
        self, services: embedded.Services, env: dict[str, str], host: str, port: int, url: str, *, colour: bool
    ) -> None:
        def watch() -> None:
            for name in services.revive_dead():
                supervisor.say("services", f"{name} had died and was started again")

        supervisor = Supervisor(_programs(env, host, port), colour=colour, watch=watch)
        threading.Thread(target=self._panel, args=(url,), daemon=True).start()
        supervisor.run()

    def _panel(self, url: str) -> None:
        if _wait_ready(url):
            self.stdout.write(_panel_text(json.loads((VAR / "access.json").read_text())))
            self.stdout.flush()
        else:
            self.stderr.write("The web server did not become ready; the log above says why.")


def _interrupt(*_: Any) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a second one hurries
    raise KeyboardInterrupt


def _only_one() -> IO[str]:
    """Hold var/up.lock while we run; the kernel lets go of it however we end, so it is never stale."""
    try:
        VAR.mkdir(parents=True, exist_ok=True)
        lock = (VAR / "up.lock").open("a+")
    except PermissionError:
        raise CommandError(embedded.NOT_OURS.format(VAR), returncode=2) from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        raise CommandError(f"Memhouse already runs over {VAR}: {lock.read().strip()}", returncode=2) from None
    lock.truncate(0)
    return lock


def _tell_lock(lock: IO[str], url: str) -> None:
    lock.write(f"process {os.getpid()}, {url}")
    lock.flush()


def _url(host: str, port: int) -> str:
    """Where a browser on this machine finds the server."""
    if host in ("0.0.0.0", "::"):  # noqa: S104  read, not bound
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _free(host: str, port: int) -> bool:
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:  # no such host, no right to a low port, no such port
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            return False
        raise CommandError(f"Cannot listen on {host}, port {port}: {error}", returncode=2) from None
    return True


def _services() -> embedded.Services:
    return embedded.start(
        VAR,
        durable=os.environ.get("MEMHOUSE_DURABLE", "1") != "0",
        need_postgres=not os.environ.get("DATABASE_URL"),
        need_redis=not os.environ.get("REDIS_URL"),
    )


def _environment(services: embedded.Services, host: str) -> dict[str, str]:
    """What every program of the house is told; what the operator has set stays."""
    secret = os.environ.get("SECRET_KEY") or _secret_key()
    env = {"MEMHOUSE_VAR": str(VAR), MARK: str(VAR), "SECRET_KEY": secret}
    if services.database_url:
        env["DATABASE_URL"] = services.database_url
    if services.redis_url:
        env["REDIS_URL"] = services.redis_url
    if host in LOOPBACK:
        env["MEMHOUSE_DOCS_PUBLIC"] = os.environ.get("MEMHOUSE_DOCS_PUBLIC", "1")
    return env


def _secret_key() -> str:
    file = VAR / "secret_key"
    if not file.exists():
        write_private(file, secrets.token_urlsafe(64))
    return file.read_text().strip()


def _prepare(env: dict[str, str], url: str) -> None:
    """Migrate, gather static files, make the first run's data. Each is safe to repeat."""
    access = str(VAR / "access.json")
    for arguments in (
        ["migrate", "--verbosity", "0"],
        ["tenants", "migrate"],
        ["collectstatic", "--noinput", "--verbosity", "0"],
        ["first_run", "--url", url, "--access", access],
    ):
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=BASE_DIR, env=os.environ | env, check=False
        )
        if done.returncode:
            raise CommandError(f"`manage.py {arguments[0]}` failed; its message is above.")


def _programs(env: dict[str, str], host: str, port: int) -> list[Program]:
    python = sys.executable
    # The warning is about pickled messages; ours are JSON alone.
    celery = [
        python,
        "-W",
        "ignore:You're running the worker with superuser",
        "-m",
        "celery",
        "--quiet",
        "-A",
        "config",
    ]
    worker = [*celery, "worker", "--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    embedders = str(min(os.cpu_count() or 1, MOST_EMBEDDERS))
    of_worker = env | {"MEMHOUSE_ROLE": "worker", "OMP_NUM_THREADS": "1"}
    web = [
        python, "-m", "uvicorn", "config.asgi:application", "--host", host, "--port", str(port), "--no-access-log",
        "--lifespan", "on", "--ws", "ops.transport:Transport", "--ws-max-size", "65536",
        "--ws-per-message-deflate", "false", "--ws-ping-interval", "20", "--ws-ping-timeout", "30",
        "--timeout-graceful-shutdown", "10", "--no-proxy-headers",  # NUM_PROXIES says whom to believe
    ]  # fmt: skip
    beat = [
        *celery, "beat", "--pidfile", "", "--loglevel", "WARNING",
        "--scheduler", "django_celery_beat.schedulers:DatabaseScheduler",
    ]  # fmt: skip
    return [
        Program("web", web, env | {"MEMHOUSE_ROLE": "web", "OMP_NUM_THREADS": "1"}, stop_within=15),
        Program("worker", [*worker, "-Q", "default", "-n", "worker@%h", "--concurrency", "1"], of_worker),
        Program("embedder", [*worker, "-Q", "embed", "-n", "embedder@%h", "--concurrency", embedders], of_worker),
        Program("upkeep", [*worker, "-Q", "upkeep", "-n", "upkeep@%h", "--concurrency", "1"], of_worker),
        Program("deliverer", [*worker, "-Q", "webhooks", "-n", "deliverer@%h", "--concurrency", "1"], of_worker),
        Program("beat", beat, env | {"MEMHOUSE_ROLE": "beat"}, stop_within=10),
    ]


def _wait_ready(url: str) -> bool:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:  # noqa: S310  our own server
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    return False


def _panel_text(facts: dict[str, str]) -> str:
    password = facts["operator_password"] or "(the one you know; `manage.py changepassword` sets a new one)"
    post = f"-H 'Authorization: Bearer {facts['api_key']}' -H 'Content-Type: application/json'"
    rule = "─" * 78
    return f"""
{rule}
  Memhouse is running.

  Console    {facts["console_url"]}
  Login      {facts["operator_email"]}
  Password   {password}
  API docs   {facts["docs_url"]}
  API key    {facts["api_key"]}

  Write      curl {facts["url"]}/api/v1/memories {post} \\
               -d '{{"content": "Ada takes her tea without sugar.", "user_id": "ada"}}'
  Search     curl {facts["url"]}/api/v1/memories/search {post} \\
               -d '{{"query": "How does Ada like hot drinks?", "user_id": "ada"}}'

  The same facts are in {Path(VAR, "access.json")}. Ctrl-C stops everything.
{rule}
"""
