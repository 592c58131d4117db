"""The embedded services with real servers: data outlives stops and kills, and nothing is left running."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psutil
import psycopg
import pytest
import redis

from ops import embedded
from ops.processes import working_in

ROOT = Path(__file__).resolve().parents[2]
STARTER = "import sys, time; from pathlib import Path; from ops import embedded;"
STARTER += "embedded.start(Path(sys.argv[1]), durable=False); print('up', flush=True); time.sleep(600)"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., embedded.Services]]:
    started = []

    def start(var: Path = tmp_path, **needs: bool) -> embedded.Services:
        services = embedded.start(var, durable=False, **needs)
        started.append(services)
        return services

    yield start
    for services in started:
        services.stop()


@pytest.fixture
def starter(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that runs the services over the same directory."""
    starter = subprocess.Popen([sys.executable, "-c", STARTER, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE)
    assert starter.stdout is not None
    assert starter.stdout.readline() == b"up\n"
    yield starter
    starter.kill()
    starter.wait()


def ask(url: str, statement: str) -> Any:
    parts = urlsplit(url)
    with psycopg.connect(
        host=unquote(parts.netloc.split("@")[1].split(":")[0]),
        user=parts.username, password=parts.password, dbname=parts.path[1:], autocommit=True,
    ) as connection:  # fmt: skip
        cursor = connection.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


def servers(var: Path) -> list[psutil.Process]:
    return working_in(var / "postgres/data", "postgres") + working_in(var / "valkey", "valkey-server")


def eventually(true: Callable[[], Any], within: float = 10.0) -> bool:
    until = time.monotonic() + within
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def only_postgres(start: Callable[..., embedded.Services]) -> embedded.Services:
    return start(need_redis=False)


def test_data_survives_a_restart_and_a_stop_leaves_nothing(
    start: Callable[..., embedded.Services], tmp_path: Path
) -> None:
    first = start()
    ask(first.database_url, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert redis.Redis.from_url(f"{first.redis_url}/2").set("hot", 1)
    assert (tmp_path / "services.json").stat().st_mode & 0o777 == 0o600
    first.stop()
    assert servers(tmp_path) == []
    assert not (tmp_path / "services.json").exists()
    second = start()
    assert ask(second.database_url, "SELECT answer FROM kept") == 42


def test_postgres_knows_vectors_and_every_alphabet(start: Callable[..., embedded.Services]) -> None:
    url = only_postgres(start).database_url
    ask(url, "CREATE EXTENSION vector")
    assert ask(url, "SELECT '[1,2]'::halfvec <-> '[1,2]'::halfvec") == 0
    assert ask(url, "SELECT lower('ÉCOLE ΣΟΦΙΑ ДОМ')") == "école σοφια дом"
    assert ask(url, "SELECT to_tsvector('simple', 'ÉCOLE') @@ to_tsquery('simple', 'école')")


def test_without_the_password_nobody_gets_in(start: Callable[..., embedded.Services]) -> None:
    services = start()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        ask(services.database_url.replace("memhouse:", "memhouse:wrong"), "SELECT 1")
    with pytest.raises(redis.AuthenticationError):
        redis.Redis.from_url(f"redis://{services.redis_url.split('@')[1]}").ping()


def test_a_killed_server_is_revived_with_its_data(start: Callable[..., embedded.Services]) -> None:
    services = only_postgres(start)
    ask(services.database_url, "CREATE TABLE kept AS SELECT 42 AS answer")
    ask(services.database_url, "CHECKPOINT")
    process = services.running[0].process
    assert process is not None
    process.kill()
    process.wait()
    assert services.revive_dead() == ["Postgres"]
    assert ask(services.database_url, "SELECT answer FROM kept") == 42


def test_the_servers_of_a_living_starter_are_refused_and_those_of_a_killed_one_taken_over(
    starter: subprocess.Popen[bytes], start: Callable[..., embedded.Services], tmp_path: Path
) -> None:
    with pytest.raises(embedded.Refused, match="in use by another running process"):
        start()
    starter.kill()
    starter.wait()
    start()  # at once: it waits for what is still going
    assert len(working_in(tmp_path / "valkey", "valkey-server")) == 1


def test_a_stale_pid_file_that_names_a_stranger_is_no_hindrance(
    start: Callable[..., embedded.Services], tmp_path: Path
) -> None:
    only_postgres(start).stop()
    (tmp_path / "postgres/data/postmaster.pid").write_text(f"{os.getppid()}\n{tmp_path}\n1\n5432\n\n\n\n")
    assert ask(only_postgres(start).database_url, "SELECT 1") == 1


def test_a_killed_first_start_is_made_again(start: Callable[..., embedded.Services], tmp_path: Path) -> None:
    half_made = tmp_path / "postgres/data.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    assert ask(only_postgres(start).database_url, "SELECT 1") == 1


def test_a_path_too_long_for_a_socket_works(start: Callable[..., embedded.Services], tmp_path: Path) -> None:
    services = start(tmp_path / ("long" * 30), need_redis=False)
    assert ask(services.database_url, "SELECT 1") == 1
    sockets = Path(unquote(urlsplit(services.database_url).netloc.split("@")[1].split(":")[0]))
    services.stop()
    assert not sockets.exists()


def test_a_servers_directory_of_another_user_is_refused_with_a_sentence(
    start: Callable[..., embedded.Services], tmp_path: Path
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a directory away")
    (tmp_path / "postgres").mkdir()
    tmp_path.chmod(0o777)
    for parent in tmp_path.parents:
        with contextlib.suppress(PermissionError):
            parent.chmod(parent.stat().st_mode | 0o1)
    code = "import os, sys; from pathlib import Path; from ops import embedded; os.setgid(65534); os.setuid(65534);"
    code += "embedded.start(Path(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, check=False)
    assert b"belongs to another user" in done.stderr


def test_servers_do_not_outlive_a_killed_starter(starter: subprocess.Popen[bytes], tmp_path: Path) -> None:
    assert servers(tmp_path)
    starter.kill()
    starter.wait()
    assert eventually(lambda: not servers(tmp_path))
