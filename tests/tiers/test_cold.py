"""The cold tier: content goes and comes back, whatever dies on the way."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from django.conf import settings as configured
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context
from moto.server import ThreadedMotoServer

from config.env import s3_config
from events.models import Event
from memory.errors import Unreadable
from memory.models import Memory
from memory.recall import recall
from memory.remember import remember
from memory.revise import erase, revise
from memory.tiers import cold, hot, keeping
from memory.tiers.objects import Objects
from memory.types import Draft, Query
from memory.upkeep import embed, retier, sweep
from tenants.models import Tenant
from tests.conftest import Caller, costs
from tests.journeys.house import eventually

TEXT = "The lighthouse keeper’s cat is called Biscuit 🐈."


class Killed(BaseException):
    """What a kill does to this process, as far as it can be played."""


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> Path:
    """A disk of the test's own."""
    options = {"location": tmp_path / "cold"}
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = settings.STORAGES | {"cold": {"BACKEND": backend, "OPTIONS": options}}
    return tmp_path / "cold"


@pytest.fixture
def kept(in_acme: Tenant) -> Memory:
    made = remember(Draft(TEXT, author="Ada", tags=("cat",)), wait=True)
    return Memory.objects.get(pk=made.id)


def files(place: Path) -> list[Path]:
    return [path for path in place.rglob("*") if path.is_file()]


def read(memory: Memory) -> str:
    return cold.told(Memory.objects.get(pk=memory.pk)).content


def age(place: Path, days: float) -> None:
    at = (timezone.now() - timedelta(days=days)).timestamp()
    for path in files(place):
        os.utime(path, (at, at))


def test_content_leaves_the_row_and_is_read_all_the_same(ada: Caller, acme: Tenant, storage: Path) -> None:
    mine = ada.remember(TEXT, author="Ada")
    status, body = ada.post(f"memories/{mine}/archive", None)
    assert (status, body["tier"], body["content"]) == (200, "cold", TEXT)
    with tenant_context(acme):
        assert Memory.objects.get(pk=mine).content == ""
    (file,) = files(storage)
    assert b"Biscuit" not in file.read_bytes()
    assert ada.get(f"memories/{mine}")[1]["content"] == TEXT
    assert ada.get("memories")[1]["data"][0]["content"] == TEXT
    assert ada.search("who is called Biscuit?")[0]["content"] == TEXT


def test_a_cold_memory_is_found_by_words_and_by_meaning_as_before(kept: Memory) -> None:
    remember(Draft("Something else altogether."), wait=True)
    before = recall(Query("lighthouse Biscuit")).hits[0]
    cold.archive(kept.pk)
    after = recall(Query("lighthouse Biscuit")).hits[0]
    assert (after.memory.pk, after.memory.content) == (kept.pk, TEXT)
    assert after.parts["lexical"] == before.parts["lexical"] > 0
    assert after.parts["semantic"] == before.parts["semantic"]


def test_it_comes_back_and_leaves_no_object(
    ada: Caller, acme: Tenant, storage: Path, django_capture_on_commit_callbacks: Any
) -> None:
    mine = ada.remember(TEXT)
    ada.post(f"memories/{mine}/archive", None)
    with django_capture_on_commit_callbacks(execute=True):
        status, body = ada.post(f"memories/{mine}/warm", None)
    assert (status, body["tier"], body["content"]) == (200, "warm", TEXT)
    assert files(storage) == []
    with tenant_context(acme):
        row = Memory.objects.get(pk=mine)
        assert (row.content, row.cold_key, row.cold_bytes, row.cold_search) == (TEXT, "", 0, None)


def test_the_moves_are_told(kept: Memory) -> None:
    cold.archive(kept.pk)
    cold.warm(kept.pk)
    told = Event.objects.filter(subject_id=str(kept.pk)).order_by("id").values_list("type", "data")
    assert list(told)[1:] == [("memory.archived", {"version": 1}), ("memory.warmed", {"version": 1})]


def test_a_second_move_does_nothing(kept: Memory) -> None:
    assert (cold.archive(kept.pk), cold.archive(kept.pk)) == (True, False)
    assert (cold.warm(kept.pk), cold.warm(kept.pk)) == (True, False)


def test_a_change_brings_it_back(kept: Memory, storage: Path, django_capture_on_commit_callbacks: Any) -> None:
    cold.archive(kept.pk)
    with django_capture_on_commit_callbacks(execute=True):
        revised = revise(kept.pk, {"topic": "cats"})
    assert revised is not None
    assert (revised.content, revised.topic, revised.tier) == (TEXT, "cats", "warm")
    assert Memory.objects.get(pk=kept.pk).content == TEXT
    assert files(storage) == []


def test_erasing_leaves_no_object(kept: Memory, storage: Path, django_capture_on_commit_callbacks: Any) -> None:
    cold.archive(kept.pk)
    erase(kept.pk)
    Memory.objects.filter(pk=kept.pk).update(deleted_at=timezone.now() - timedelta(days=30))
    with django_capture_on_commit_callbacks(execute=True):
        sweep.run()
    assert not Memory.objects.filter(pk=kept.pk).exists()
    assert files(storage) == []


# --- whatever dies on the way


def _dies(*_: Any, **__: Any) -> None:
    raise Killed


def _dies_after(act: Callable[..., Any]) -> Callable[..., Any]:
    def dying(*args: Any, **kwargs: Any) -> None:
        act(*args, **kwargs)
        raise Killed

    return dying


STEPS = {
    "before it starts": ("_start", _dies),
    "on its way": ("pack", _dies),
    "before the object is stored": ("objects.put", _dies),
    "after the object is stored": ("objects.put", _dies_after(cold.objects.put)),
    "before the row lets go": ("_finish", _dies),
    "after the row let go": ("_finish", _dies_after(cold._finish)),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_leaves_it_readable_and_nothing_over(
    kept: Memory, storage: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    name, deed = STEPS[step]
    with monkeypatch.context() as patch:
        patch.setattr(f"memory.tiers.cold.{name}", deed)
        with pytest.raises(Killed):
            cold.archive(kept.pk)
    assert read(kept) == TEXT
    age(storage, 2)
    keeping.reconcile()
    assert read(kept) == TEXT
    row = Memory.objects.get(pk=kept.pk)
    assert row.tier != Memory.Tier.ARCHIVING
    assert [str(path.relative_to(storage)) for path in files(storage)] == ([row.cold_key] if row.cold_key else [])


def test_a_kill_while_it_comes_back_loses_nothing(kept: Memory, storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cold.archive(kept.pk)
    for deed in (_dies, _dies_after(cold._warmed)):
        with monkeypatch.context() as patch:
            patch.setattr("memory.tiers.cold._warmed", deed)
            with pytest.raises(Killed):
                cold.warm(kept.pk)
        assert read(kept) == TEXT
    age(storage, 2)
    assert keeping.reconcile().orphans == 1
    assert files(storage) == []


@pytest.mark.parametrize("change", [{"topic": "new"}, None])
def test_who_changes_it_while_it_moves_wins(
    kept: Memory, storage: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, str] | None
) -> None:
    put = cold.objects.put

    def slow(name: str, data: bytes) -> None:
        put(name, data)
        revise(kept.pk, change) if change else erase(kept.pk)

    monkeypatch.setattr("memory.tiers.cold.objects.put", slow)
    assert cold.archive(kept.pk) is False
    row = Memory.objects.get(pk=kept.pk)
    assert (row.tier, row.content, row.version) == ("warm", TEXT, 2)
    assert files(storage) == []


def test_a_storage_that_fails_leaves_it_warm(kept: Memory, storage: Path) -> None:
    storage.write_text("a file where a folder should be")
    with pytest.raises(Unreadable):
        cold.archive(kept.pk)
    assert Memory.objects.get(pk=kept.pk).tier == "warm"


# --- what others do to the objects


@pytest.mark.parametrize("harm", ["flip", "shorten", "swap", "remove"])
def test_an_object_that_was_touched_is_refused_and_the_rest_is_told(
    ada: Caller, acme: Tenant, storage: Path, harm: str
) -> None:
    mine, other = ada.remember(TEXT), ada.remember("the other one")
    for one in (mine, other):
        ada.post(f"memories/{one}/archive", None)
    with tenant_context(acme):
        path = storage / Memory.objects.get(pk=mine).cold_key
        another = storage / Memory.objects.get(pk=other).cold_key
        hot.tombstone(acme.id, [(mine, 1)])
    sealed = path.read_bytes()
    if harm == "flip":
        path.write_bytes(sealed[:40] + bytes([sealed[40] ^ 1]) + sealed[41:])
    elif harm == "shorten":
        path.write_bytes(sealed[:-1])
    elif harm == "swap":
        path.write_bytes(another.read_bytes())
    else:
        path.unlink()
    status, body = ada.get(f"memories/{mine}")
    assert (status, body["code"]) == (503, "content_unreadable")
    assert [row["content"] for row in ada.get("memories")[1]["data"]] == ["the other one", ""]
    assert ada.patch(f"memories/{mine}", {"topic": "x"})[0] == 503


def test_an_object_is_no_other_tenants_to_read(acme: Tenant, globex: Tenant) -> None:
    with tenant_context(acme):
        made = remember(Draft(TEXT)).id
        cold.archive(made)
        row = Memory.objects.get(pk=made)
    with tenant_context(globex), pytest.raises(Unreadable, match="is not what was sealed there"):
        cold.unpack(row)


def test_an_older_key_still_opens_and_a_lost_one_says_so(kept: Memory, settings: Any) -> None:
    cold.archive(kept.pk)
    row = Memory.objects.get(pk=kept.pk)
    settings.DATA_KEYS = ["a new key", *configured.DATA_KEYS]
    assert cold.unpack(row) == TEXT
    settings.DATA_KEYS = ["a new key"]
    with pytest.raises(Unreadable, match="DATA_KEYS"):
        cold.unpack(row)


def test_a_missing_object_is_reported(kept: Memory, storage: Path) -> None:
    cold.archive(kept.pk)
    files(storage)[0].unlink()
    assert keeping.reconcile() == keeping.Reconciled(orphans=0, dangling=1, stuck=0)
    assert Event.objects.get(type="tier.dangling").data == {"count": 1}


def test_a_young_orphan_stays_and_an_old_one_goes(in_acme: Tenant, storage: Path) -> None:
    cold.objects.put(f"{cold.folder()}/{in_acme.id}/1-x.bin", b"x")
    assert keeping.reconcile().orphans == 0
    age(storage, 2)
    assert keeping.reconcile().orphans == 1


def test_the_reconciler_of_one_tenant_leaves_the_others_alone(acme: Tenant, globex: Tenant, storage: Path) -> None:
    with tenant_context(acme):
        cold.archive(remember(Draft(TEXT)).id)
    age(storage, 2)
    with tenant_context(globex):
        assert keeping.reconcile() == keeping.Reconciled(0, 0, 0)
    assert len(files(storage)) == 1


# --- the daily job


def test_only_what_nobody_asks_for_gets_cold(in_acme: Tenant, settings: Any) -> None:
    settings.COLD_AFTER_DAYS = 30
    old, asked, new = (remember(Draft(text)).id for text in ("old", "asked", "new"))
    embed.pending()
    long_ago = timezone.now() - timedelta(days=40)
    Memory.objects.filter(pk__in=(old, asked)).update(created_at=long_ago)
    Memory.objects.filter(pk=asked).update(recalled_at=timezone.now())
    assert retier.run() == 1
    assert dict(Memory.objects.values_list("pk", "tier")) == {old: "cold", asked: "warm", new: "warm"}


def test_nothing_gets_cold_unless_it_is_asked_for(in_acme: Tenant) -> None:
    remember(Draft("old"))
    embed.pending()
    Memory.objects.update(created_at=timezone.now() - timedelta(days=4000))
    assert retier.run() == 0


def test_the_distribution_says_how_much_is_where(ada: Caller) -> None:
    mine = ada.remember(TEXT)
    ada.remember("warm one")
    ada.post(f"memories/{mine}/archive", None)
    with costs(2):  # key, one statement
        _, body = ada.get("tiers")
    shares = {share["tier"]: share for share in body["data"]}
    assert [(tier, share["count"]) for tier, share in shares.items()] == [("warm", 1), ("archiving", 0), ("cold", 1)]
    assert all(shares[tier]["bytes"] > 0 for tier in ("warm", "cold"))


def test_what_is_not_there_cannot_be_moved(ada: Caller, ben: Caller) -> None:
    theirs = ben.remember("theirs")
    for move in ("archive", "warm"):
        assert ada.post(f"memories/{theirs}/{move}", None)[0] == 404


# --- the same against an S3


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    made = boto3.client(
        "s3", endpoint_url=url, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1"
    )
    made.create_bucket(Bucket="cold")
    yield url
    server.stop()


@pytest.fixture
def bucket(s3: str, settings: Any) -> Any:
    options = {
        "bucket_name": "cold", "endpoint_url": s3, "access_key": "a", "secret_key": "b", "region_name": "us-east-1",
        "file_overwrite": False, "location": "cold",
    }  # fmt: skip
    settings.STORAGES = settings.STORAGES | {"cold": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}}
    yield storages["cold"].bucket
    storages["cold"].bucket.objects.all().delete()


def test_s3_keeps_returns_and_forgets(kept: Memory, bucket: Any, django_capture_on_commit_callbacks: Any) -> None:
    cold.archive(kept.pk)
    (found,) = bucket.objects.all()
    row = Memory.objects.get(pk=kept.pk)
    assert found.key == f"cold/{row.cold_key}"
    assert read(kept) == TEXT
    assert keeping.reconcile() == keeping.Reconciled(0, 0, 0)
    with django_capture_on_commit_callbacks(execute=True):
        assert cold.warm(kept.pk)
    assert list(bucket.objects.all()) == []


def test_an_s3_object_that_was_replaced_is_refused(kept: Memory, bucket: Any) -> None:
    cold.archive(kept.pk)
    row = Memory.objects.get(pk=kept.pk)
    bucket.put_object(Key=f"cold/{row.cold_key}", Body=b"something else")
    with pytest.raises(Unreadable, match="is not what was stored there"):
        cold.unpack(row)


def test_an_s3_that_keeps_something_else_is_not_trusted(
    kept: Memory, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    get = Objects.get
    monkeypatch.setattr(Objects, "get", lambda self, name: get(self, name)[:-1])
    with pytest.raises(Unreadable, match="did not come back"):
        cold.archive(kept.pk)
    assert Memory.objects.get(pk=kept.pk).tier == "warm"


def test_an_s3_that_does_not_answer_leaves_all_as_it_was(kept: Memory, settings: Any, bucket: Any) -> None:
    there = settings.STORAGES
    away = there["cold"]["OPTIONS"] | {"endpoint_url": "http://127.0.0.1:9", "client_config": s3_config()}
    settings.STORAGES = there | {"cold": there["cold"] | {"OPTIONS": away}}
    with pytest.raises(Unreadable):
        cold.archive(kept.pk)
    settings.STORAGES = there
    assert Memory.objects.get(pk=kept.pk).content == TEXT


# --- several at once


@pytest.mark.usefixtures("committed")
def test_one_that_is_being_moved_is_left_alone_until_its_worker_dies(acme: Tenant) -> None:
    with tenant_context(acme):
        made = remember(Draft(TEXT)).id
        Memory.objects.update(tier=Memory.Tier.ARCHIVING)
        settings = connection.get_connection_params()
        told = {name: settings[name] for name in ("host", "port", "user", "password", "dbname") if name in settings}
        with psycopg.connect(**told) as worker:
            worker.execute("SELECT pg_advisory_lock(%s)", [cold.lock_of(made)])
            assert cold.archive(made) is False
            assert keeping.reconcile().stuck == 0
            worker.execute("SELECT pg_backend_pid()")
        eventually(lambda: keeping.reconcile().stuck == 1)
        assert Memory.objects.get(pk=made).tier == "cold"


@pytest.mark.usefixtures("committed")
def test_many_who_warm_one_memory_fetch_it_once(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    with tenant_context(acme):
        made = remember(Draft(TEXT)).id
        cold.archive(made)
    fetched = []
    get = cold.objects.get
    monkeypatch.setattr("memory.tiers.cold.objects.get", lambda name: fetched.append(name) or get(name))

    def warm(_: int) -> bool:
        try:
            with tenant_context(acme):
                return cold.warm(made)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(warm, range(8))) == [False] * 7 + [True]
    assert len(fetched) == 1
