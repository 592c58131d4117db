"""A canary in every store, an erasure, and then a look through everything that is kept: it is nowhere."""

import io
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as configured
from django.db import IntegrityError, connection, transaction
from django_tenants.utils import tenant_context

from analytics.models import LearningEvent, Trace, TrackedEvent
from config.env import VAR
from memory import sessions, transfers
from memory.models import Erasure, Memory, Relation, Session
from memory.relations import relate
from memory.remember import remember
from memory.revise import erase as delete
from memory.revise import revise
from memory.tiers import cold
from memory.types import Draft, Scope, SessionDraft
from memory.upkeep import embed
from ops.embedded.account import BIN
from tenants.models import Tenant
from tests.conftest import Caller
from tests.privacy.conftest import CANARY, files

SHE = f"{CANARY}@example.org"
MINE = Scope(user_id=SHE, session_id="s1")


def dump() -> bytes:
    """A plain pg_dump of the whole database."""
    told = connection.settings_dict
    env = os.environ | {"PGPASSWORD": told["PASSWORD"]}
    where = ["-h", told["HOST"], "-p", str(told["PORT"] or 5432), "-U", told["USER"], told["NAME"]]
    return subprocess.run([str(BIN / "pg_dump"), *where], env=env, check=True, capture_output=True).stdout


def kept_in_redis() -> Iterator[bytes]:
    """Every key and every value of the queues, the caches and the channels."""
    read: dict[bytes, Callable[[Any, bytes], Any]] = {
        b"string": lambda r, key: r.get(key),
        b"hash": lambda r, key: r.hgetall(key),
        b"list": lambda r, key: r.lrange(key, 0, -1),
        b"set": lambda r, key: r.smembers(key),
        b"zset": lambda r, key: r.zrange(key, 0, -1, withscores=True),
    }
    for number in range(3):
        connected = redis.Redis.from_url(f"{configured.REDIS_URL}/{number}")
        for key in connected.scan_iter():
            yield key + repr(read[connected.type(key)](connected, key)).encode()


def logged() -> bytes:
    """What the servers wrote into their logs."""
    return b"".join(path.read_bytes() for path in Path(VAR).rglob("*.log"))


def hits(storage: Path, out: str) -> dict[str, int]:
    word = CANARY.encode()
    return {
        "dump": dump().count(word),
        "redis": sum(value.count(word) for value in kept_in_redis()),
        "files": sum(path.read_bytes().count(word) + str(path).count(CANARY) for path in files(storage)),
        "logs": logged().count(word) + out.count(CANARY),
    }


def plant(caller: Caller) -> None:
    """Words in every place that holds any."""
    first = remember(Draft(f"I keep a {CANARY}.", MINE, metadata={CANARY: CANARY}, tags=(CANARY,)), wait=True).id
    second = remember(Draft(f"The {CANARY} sings.", MINE, author=f"{CANARY} Jones"), wait=True).id
    long = remember(Draft(f"{CANARY} and so on " * 400, MINE, topic=CANARY)).id
    assert first
    assert second
    revise(first, {"content": f"I kept a {CANARY}.", "metadata": {"was": CANARY}})
    relate(first, second, "supports", metadata={"why": CANARY})
    other = remember(Draft("Ben's.", Scope(user_id="ben")), wait=True).id
    assert other
    relate(other, second, "references", metadata={"why": CANARY})
    sessions.open_session(SessionDraft(Scope(user_id=SHE, session_id="s2"), CANARY, {"about": CANARY}))
    embed.pending()
    cold.archive(second)
    caller.search(f"a {CANARY} that sings", user_id=SHE)
    cold.told(Memory.objects.get(pk=second))
    delete(long)
    transfers.start_export({"user_id": SHE, "filters": {"tags": {"any": [CANARY]}}}, "jsonl")
    wrong = f'{{"content": "x", "kind": "{CANARY}"}}\n{{"content": "y", "user_id": "{SHE}", "topic": "{CANARY}"}}\n'
    transfers.start_import(io.BytesIO(wrong.encode()), "jsonl", dry_run=False, limit=10**6)
    transfers.pending()
    studied()
    twin_that_the_database_refuses()


def studied() -> None:
    LearningEvent.objects.create(
        type="feedback", domain="desk", signature="x", explanation=f"{CANARY} again", user_id=SHE
    )
    LearningEvent.objects.create(type="training", domain="desk", signature="x", input={"by": [SHE]})
    TrackedEvent.objects.create(name="call", domain="desk", data={"who": SHE, "said": CANARY})
    Trace.objects.create(
        kind="recall", why="slow", operation="search", took_ms=1.0, told={"query": f"of {SHE}, a {CANARY}"}
    )


def twin_that_the_database_refuses() -> None:
    row = Memory.objects.filter(content__contains=CANARY).first()
    assert row
    twin = Memory(content=row.content, user_id=SHE, content_hash="0" * 64, fingerprint=row.fingerprint)
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)


@pytest.mark.usefixtures("committed")
def test_after_an_erasure_the_canary_is_nowhere(
    acme: Tenant, caller: Callable[..., Caller], erased: Callable[..., Erasure], storage: Path, capfd: Any
) -> None:
    from tenants import keys

    with tenant_context(acme):
        plant(caller(keys.issue(acme, "ada")[1]))
        there = hits(storage, "")
        assert there["dump"] > 20, there
        row = erased("user", SHE)
        left = hits(storage, "".join(capfd.readouterr()))
        assert left == {"dump": 0, "redis": 0, "files": 0, "logs": 0}
        assert [rows.objects.count() for rows in (Session, Relation)] == [0, 0]
        assert (row.counts["memories"], row.counts["exports"], row.counts["imports"]) == (4, 1, 1)
        assert Memory.objects.get().content == "Ben's."
