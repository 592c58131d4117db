"""The whole house as real processes, as `make run` starts it, over a directory of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parents[2]
OURS = ("NOTING", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(check: Callable[[], Any], within: float = 30.0) -> Any:
    """The first true answer of `check`; fails after `within` seconds."""
    until = time.monotonic() + within
    while not (answer := check()):
        assert time.monotonic() < until, f"not within {within} s"
        time.sleep(0.1)
    return answer


class House:
    def __init__(self, var: Path, *arguments: str) -> None:
        self.var = var
        var.mkdir(parents=True, exist_ok=True)
        self.env = {name: value for name, value in os.environ.items() if name not in OURS}
        self.env |= {"MEMHOUSE_VAR": str(var), "WEBHOOK_PRIVATE_HOSTS": "127.0.0.1"}  # where the tests' receivers are
        self.port = free_port()
        self.arguments = arguments or ("--port", str(self.port))

    def start(self) -> "House":
        (self.var / "access.json").touch()  # so that its change can be seen
        before = (self.var / "access.json").stat().st_mtime_ns
        with (self.var / "up.log").open("w") as log:
            self.up = subprocess.Popen(
                [sys.executable, "manage.py", "up", *self.arguments], cwd=ROOT, env=self.env, stdout=log, stderr=log
            )
        eventually(
            lambda: self._written_since(before) and "is running" in self.log(), 300
        )  # six programs, on a busy machine
        self.facts = json.loads((self.var / "access.json").read_text())
        self.api = self.caller(self.facts["api_key"])
        return self

    def _written_since(self, before: int) -> bool:
        assert self.up.poll() is None, self.log()
        return (self.var / "access.json").stat().st_mtime_ns != before

    def log(self) -> str:
        return (self.var / "up.log").read_text()

    def stop(self) -> int:
        if self.up.poll() is None:
            self.up.send_signal(signal.SIGTERM)
        return self.up.wait(90)

    def processes(self) -> list[psutil.Process]:
        """All of this house that live: its programs and its servers are told by the directory or the port."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get("MEMHOUSE_VAR") == str(self.var) and process.status() != psutil.STATUS_ZOMBIE
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False

    def running(self, *words: str) -> list[psutil.Process]:
        return [p for p in self.processes() if all(word in " ".join(p.cmdline()) for word in words)]

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def caller(self, key: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.Client(base_url=f"{self.facts['url']}/api/v1/", headers=headers, timeout=60, trust_env=False)

    def events(self, client: httpx.Client | None = None) -> list[dict[str, Any]]:
        """The whole feed of a caller's tenant."""
        found: list[dict[str, Any]] = []
        while True:
            since = found[-1]["seq"] if found else 0
            page = (client or self.api).get("events", params={"since": since, "limit": 200}).json()
            found += page["data"]
            if not page["has_more"]:
                return found

    def socket(self, first: dict[str, Any] | None) -> "Feed":
        feed = Feed(connect(self.facts["url"].replace("http", "ws") + "/ws", proxy=None, legacy=True))
        if first is not None:
            feed.send(first)
        return feed


class Feed:
    """An open socket, read as frames."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def send(self, frame: dict[str, Any]) -> None:
        self.connection.send(json.dumps(frame))

    def next(self, within: float = 15.0) -> dict[str, Any]:
        return json.loads(self.connection.recv(timeout=within))

    def until(self, wanted: Callable[[dict[str, Any]], bool], within: float = 20.0) -> dict[str, Any]:
        until = time.monotonic() + within
        while True:
            frame = self.next(max(0.1, until - time.monotonic()))
            if wanted(frame):
                return frame

    def close(self) -> None:
        self.connection.close()
