"""The embedded services: PostgreSQL and Valkey from wheels, with their data under one directory."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from ops.embedded.postgres import Postgres
from ops.embedded.valkey import Valkey


@dataclass
class Services:
    """What was started, and where it answers; an empty URL is a service that is served elsewhere."""

    file: Path
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
        """Stop everything, last started first."""
        self.file.unlink(missing_ok=True)
        while self.running:
            self.running.pop().stop()


def start(var: Path, *, durable: bool = True, need_postgres: bool = True, need_redis: bool = True) -> Services:
    """Start the services that are needed, their data under `var`; without `durable` they forget in a crash.

    `var`/services.json tells other commands of this checkout where they answer, until they are stopped.
    """
    var = var.resolve()
    var.mkdir(parents=True, exist_ok=True)
    services = Services(var / "services.json")
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


def _tell(services: Services) -> None:
    facts = {"database_url": services.database_url, "redis_url": services.redis_url}
    services.file.unlink(missing_ok=True)
    with os.fdopen(os.open(services.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({name: url for name, url in facts.items() if url}, file)
