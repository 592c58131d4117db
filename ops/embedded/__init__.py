"""The embedded services: PostgreSQL and Valkey from wheels, with their data under one directory."""

import fcntl
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from ops.embedded.postgres import Postgres
from ops.embedded.refused import NOT_OURS, Refused
from ops.embedded.valkey import Valkey
from ops.files import write_private

__all__ = ["NOT_OURS", "Refused", "Services", "start"]


@dataclass
class Services:
    """What was started, and where it answers; an empty URL is a service that is served elsewhere."""

    file: Path
    lock: int | None  # a descriptor: held as long as the process lives, also when nobody holds this object
    database_url: str = ""
    redis_url: str = ""
    running: list[Postgres | Valkey] = field(default_factory=list)

    def revive_dead(self) -> list[str]:
        """Start again whatever of it has died; the names of those, for the log."""
        dead = [service for service in self.running if service.process and service.process.poll() is not None]
        for service in dead:
            service.revive()
        return [type(service).__name__ for service in dead]

    def stop(self) -> None:
        """Stop everything, last started first. Safe to call again."""
        self.file.unlink(missing_ok=True)
        while self.running:
            self.running[-1].stop()
            self.running.pop()
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None


def start(var: Path, *, durable: bool = True, need_postgres: bool = True, need_redis: bool = True) -> Services:
    """Start the services that are needed, their data under `var`; without `durable` they forget in a crash.

    `var`/services.json tells other commands of this checkout where they answer, until they are stopped.
    """
    var = var.resolve()
    var.mkdir(parents=True, exist_ok=True)
    services = Services(var / "services.json", _lock(var))
    try:
        if need_postgres:
            postgres = Postgres(var / "postgres", durable)
            services.running.append(postgres)
            services.database_url = postgres.start()
        if need_redis:
            valkey = Valkey(var / "valkey", durable)
            services.running.append(valkey)
            services.redis_url = valkey.start()
    except BaseException:
        services.stop()
        raise
    _tell(services)
    return services


def _lock(var: Path) -> int:
    """Held while the services run. What runs over `var` without it was left by a killed owner, and is ours to stop."""
    lock = os.open(var / "services.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise Refused(f"The services under {var} are in use by another running process.") from None
    return lock


def _tell(services: Services) -> None:
    facts = {"database_url": services.database_url, "redis_url": services.redis_url}
    write_private(services.file, json.dumps({name: url for name, url in facts.items() if url}))
