"""PostgreSQL 18 with pgvector from its wheel, as a child process of ours.

The wheel's own Python class is not used: it gives a start ten seconds, which crash recovery may need more than, and
keeps servers running behind our back.
"""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psutil

from ops.embedded.account import BIN, Account, account_for
from ops.embedded.refused import Refused
from ops.files import write_private
from ops.processes import die_with_parent, end, working_in

ROLE = DATABASE = "memhouse"
SOCKET_PATH_LIMIT = 90  # sun_path holds 107 bytes, with the socket's own name
START_WITHIN = 120.0  # seconds; crash recovery is part of a start
STOP_WITHIN = 600.0  # a "fast" stop waits for one checkpoint
ORPHANS_END_WITHIN = 10.0  # a backend notices by itself that its postmaster is gone
GIB = 1024**3


@dataclass
class Postgres:
    """One embedded server: its data under `home`, reached through a socket in a private directory."""

    home: Path
    durable: bool = True
    url: str = ""
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    sockets: Path = field(default=Path(), repr=False)
    account: Account = field(default=Account(), repr=False)

    @property
    def data(self) -> Path:
        return self.home / "data"

    def start(self) -> str:
        """Start, first making the data directory when there is none; the database's URL."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.account = account_for(self.home)
        self.home.chmod(0o700)
        password = self._password()
        self._stop_leftovers()
        if not self.data.exists():
            self._initialise(password)
        self.sockets = self._socket_directory()
        self.revive()
        self._ensure_database(password)
        self.url = f"postgres://{ROLE}:{password}@{quote(str(self.sockets), safe='')}:5432/{DATABASE}"
        return self.url

    def revive(self) -> None:
        """Start the server over the data that is there, at the same address; also after it was killed."""
        self._stop_leftovers()
        self.process = self._spawn()
        self._wait()

    def stop(self) -> None:
        """A fast stop: sessions end, everything committed is on disk."""
        end(self.process, signal.SIGINT, STOP_WITHIN)
        if self.sockets.parent != self.home and self.sockets != Path():
            shutil.rmtree(self.sockets, ignore_errors=True)

    def _password(self) -> str:
        file = self.home / "password"
        if not file.exists():
            write_private(file, secrets.token_hex(24))
        return file.read_text()

    def _initialise(self, password: str) -> None:
        """initdb beside the final place and rename: one killed half-way is simply made again."""
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w", dir=self.home, suffix=".pw") as secret:
            secret.write(password)
            secret.flush()
            self.account.own(Path(secret.name))
            self._run(
                "initdb", "--pgdata", str(fresh), "--username", ROLE, "--auth", "scram-sha-256",
                "--pwfile", secret.name, "--encoding", "UTF8",
                # PostgreSQL's own locale: the same order and case rules whatever the machine has installed.
                "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C",
            )  # fmt: skip
        fresh.rename(self.data)

    def _stop_leftovers(self) -> None:
        """End what a killed predecessor left at work on the data; what it committed is safe."""
        postmaster = self._postmaster()
        if postmaster:
            postmaster.send_signal(signal.SIGINT)
        until = time.monotonic() + (STOP_WITHIN if postmaster else ORPHANS_END_WITHIN)
        while left := working_in(self.data, "postgres"):
            if time.monotonic() > until:
                for process in left:
                    process.kill()
            time.sleep(0.05)
        # Nobody is at work here, so the pid in it is dead, or by now a stranger's that would keep us from starting.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _postmaster(self) -> psutil.Process | None:
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, ValueError, IndexError):
            return None
        return next((process for process in working_in(self.data, "postgres") if process.pid == pid), None)

    def _socket_directory(self) -> Path:
        """`home`/run, or a short private directory where that path is too long for a socket."""
        sockets = self.home / "run"
        if len(os.fsencode(sockets)) > SOCKET_PATH_LIMIT:
            sockets = Path(tempfile.mkdtemp(prefix="memhouse-"))
        sockets.mkdir(mode=0o700, exist_ok=True)
        self.account.own(sockets)
        return sockets

    def _spawn(self) -> subprocess.Popen[bytes]:
        options = _tuning() | {"unix_socket_directories": str(self.sockets), "listen_addresses": ""}
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        flags = [f"--{name}={value}" for name, value in options.items()]
        with (self.home / "postgres.log").open("ab") as log:
            return subprocess.Popen(
                [str(BIN / "postgres"), "-D", str(self.data), *flags],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT), **self.account.of_process(),
            )  # fmt: skip

    def _wait(self) -> None:
        assert self.process is not None
        until = time.monotonic() + START_WITHIN
        ask = [str(BIN / "pg_isready"), "-q", "-h", str(self.sockets)]
        while subprocess.run(ask, check=False).returncode != 0:
            if self.process.poll() is not None or time.monotonic() > until:
                raise Refused(f"PostgreSQL did not start; its own words:\n{_tail(self.home / 'postgres.log')}")
            time.sleep(0.05)

    def _ensure_database(self, password: str) -> None:
        to_server = ["-h", str(self.sockets), "-U", ROLE, "-d", "postgres", "-Atc"]
        find = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"  # noqa: S608  two constants
        if not self._run("psql", *to_server, find, PGPASSWORD=password):
            self._run("psql", *to_server, f"CREATE DATABASE {DATABASE}", PGPASSWORD=password)

    def _run(self, program: str, *arguments: str, **env: str) -> str:
        done = subprocess.run(
            [str(BIN / program), *arguments], capture_output=True, text=True, check=False, errors="replace",
            cwd=self.home, env=os.environ | env, **self.account.of_process(),
        )  # fmt: skip
        if done.returncode:
            raise Refused(f"PostgreSQL's {program} failed: {done.stderr.strip()}")
        return done.stdout.strip()


def _tuning() -> dict[str, str]:
    """Settings for many small schemas on one machine, sized to its memory."""
    memory = psutil.virtual_memory().total
    return {
        "shared_buffers": f"{min(2 * GIB, memory // 8) // 1024**2}MB",
        "maintenance_work_mem": f"{min(GIB // 2, memory // 32) // 1024**2}MB",
        "max_connections": "100",
        "max_locks_per_transaction": "1024",  # a dump or a migration locks every table of every schema
        "recovery_init_sync_method": "syncfs",  # 0.5 s instead of minutes with 100,000 files
        "idle_in_transaction_session_timeout": "60s",
        "autovacuum_max_workers": "4",
        "jit": "off",
        "logging_collector": "off",
        # Statements and details quote what is stored, and a log outlives an erasure.
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
    }


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
