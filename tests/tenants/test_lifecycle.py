"""The life of a tenant: suspended, resumed, deleted in two steps; what is deleted is gone everywhere."""

import io
import json
import tarfile
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from django.conf import settings as configured
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from events import relay
from events.models import Attempt, Delivery, Event, Stream, Webhook, WebhookSecret
from events.webhooks import endpoints
from memory import transfers
from memory.models import Memory
from memory.tiers import cold
from memory.upkeep import embed, retier
from tenants import keys, leaving, lifecycle, onboarding, schema
from tenants.errors import WrongName, WrongState
from tenants.models import ApiKey, Membership, Receipt, Tenant, User
from tests.conftest import Caller, costs


@pytest.fixture
def operator(acme: Tenant) -> Caller:
    """A program of the platform."""
    return Caller(keys.issue(None, "operator", ["platform"])[1])


@pytest.fixture
def initech(committed: None, settings: Any, tmp_path: Path) -> Iterator[Tenant]:
    """A tenant that a test may delete, with storages of its own."""
    for name in ("cold", "transfers"):
        options = {"location": tmp_path / name}
        backend = "django.core.files.storage.FileSystemStorage"
        settings.STORAGES = settings.STORAGES | {name: {"BACKEND": backend, "OPTIONS": options}}
    settings.TENANT_GRACE_DAYS = 0
    yield onboarding.open_tenant("initech", "Initech")
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS t_initech CASCADE")
    Tenant.objects.filter(slug="initech").delete()
    Receipt.objects.all().delete()


def state(tenant: Tenant) -> str:
    return Tenant.objects.values_list("state", flat=True).get(pk=tenant.pk)


def told(tenant: Tenant) -> list[str]:
    rows = Event.objects.filter(tenant_id=tenant.pk, type__startswith="tenant.").order_by("id")
    return list(rows.values_list("type", flat=True))


def test_a_tenant_is_suspended_with_a_reason_and_resumed(acme: Tenant, ada: Caller) -> None:
    lifecycle.suspend(acme.pk, "The invoice of May is open.")
    status, problem = ada.get("memories")
    assert (status, problem["code"], "reason" in problem) == (403, "tenant_suspended", False)
    assert ada.post("memories", {"content": "Let me in."})[0] == 403
    lifecycle.resume(acme.pk)
    assert ada.get("memories")[0] == 200
    assert told(acme) == ["tenant.suspended", "tenant.resumed"]


@pytest.mark.parametrize(
    ("before", "step", "after"),
    [
        ("active", "suspend", "suspended"), ("active", "resume", None), ("active", "restore", None),
        ("active", "ask_deletion", "deleting"), ("suspended", "suspend", None), ("suspended", "resume", "active"),
        ("suspended", "restore", None), ("suspended", "ask_deletion", "deleting"), ("deleting", "suspend", None),
        ("deleting", "resume", None), ("deleting", "restore", "active"), ("deleting", "ask_deletion", None),
        ("erasing", "suspend", None), ("erasing", "resume", None), ("erasing", "restore", None),
        ("erasing", "ask_deletion", None),
    ],
)  # fmt: skip
def test_each_step_from_each_state(acme: Tenant, before: str, step: str, after: str | None) -> None:
    leaves = timezone.now() if before in ("deleting", "erasing") else None
    Tenant.objects.filter(pk=acme.pk).update(state=before, delete_after=leaves)
    words = {"suspend": ["because"], "ask_deletion": ["acme"]}.get(step, [])
    if after is None:
        with pytest.raises(WrongState):
            getattr(lifecycle, step)(acme.pk, *words)
    else:
        getattr(lifecycle, step)(acme.pk, *words)
    assert state(acme) == (after or before)
    assert len(told(acme)) == (after is not None)


@pytest.mark.parametrize(
    "wrong",
    [{"state": "asleep"}, {"state": "deleting"}, {"delete_after": timezone.now()}, {"reason": "open, yet with one"}],
)
def test_the_database_holds_no_state_that_makes_no_sense(acme: Tenant, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Tenant.objects.filter(pk=acme.pk).update(**wrong)


def test_what_was_suspended_is_suspended_again_when_its_deletion_is_taken_back(acme: Tenant) -> None:
    lifecycle.suspend(acme.pk, "unpaid")
    lifecycle.ask_deletion(acme.pk, "acme")
    assert lifecycle.restore(acme.pk).state == "suspended"
    assert lifecycle.resume(acme.pk).delete_after is None


def test_who_deletes_a_tenant_types_its_slug(acme: Tenant) -> None:
    with pytest.raises(WrongName):
        lifecycle.ask_deletion(acme.pk, "globex")
    assert state(acme) == "active"


def test_work_under_way_ends_when_the_tenant_is_closed(in_acme: Tenant, ada: Caller, settings: Any) -> None:
    ada.remember("Tea, without sugar.")
    transfer = transfers.start_export({}, "jsonl")
    lifecycle.suspend(in_acme.pk, "unpaid")
    settings.COLD_AFTER_DAYS = 1
    Memory.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert embed.pending() == 0
    assert retier.run() == 0
    transfers.pending()
    transfer.refresh_from_db()
    assert (transfer.done, transfer.parts) == (0, [])


def test_a_closed_tenant_is_open_to_the_operator_alone(acme: Tenant, client: Any) -> None:
    lifecycle.suspend(acme.pk, "unpaid")
    owner = User.objects.create_user("owner@example.org", "correct horse", is_staff=True)
    Membership.objects.create(user=owner, tenant=acme, role="owner")
    client.force_login(owner)
    assert client.get("/t/acme/console/").status_code == 403
    client.force_login(User.objects.create_superuser("op@example.org", "correct horse"))
    assert client.get("/t/acme/console/").status_code == 200


def test_a_deleted_tenant_takes_its_webhooks_with_all_that_was_sent(initech: Tenant) -> None:
    with tenant_context(initech):
        webhook, _ = endpoints.create("https://receiver.example/")
    relay.drain()
    for row in Delivery.objects.filter(tenant_id=initech.pk):
        Attempt.objects.create(delivery=row, webhook=webhook, at=timezone.now(), took_ms=1, status=200)
    assert Attempt.objects.exists()
    lifecycle.ask_deletion(initech.pk, "initech")
    assert leaving.due() == 1
    assert not any(kind.objects.exists() for kind in (Webhook, WebhookSecret, Delivery, Attempt))


def test_a_deleted_tenant_leaves_nothing_but_a_receipt(initech: Tenant) -> None:
    _live(initech)
    lifecycle.ask_deletion(initech.pk, "initech")
    assert leaving.due() == 1
    assert not schema.exists("t_initech")
    assert not Tenant.objects.filter(pk=initech.pk).exists()
    assert not ApiKey.objects.filter(tenant_id=initech.pk).exists()
    assert not Event.objects.filter(tenant_id=initech.pk).exists()
    assert not Stream.objects.filter(tenant_id=initech.pk).exists()
    assert _files() == []
    assert _redis_keys(initech) == []
    receipt = Receipt.objects.get(slug="initech")
    assert receipt.finished_at
    counts = {name: receipt.counts[name] for name in ("memory", "transfer", "cold_objects", "transfer_parts", "apikey")}
    assert counts == {"memory": 2, "transfer": 1, "cold_objects": 1, "transfer_parts": 1, "apikey": 1}
    assert receipt.counts["redis_keys"] >= 2
    gone = Event.objects.get(type="tenant.deleted")
    assert (gone.tenant_id, gone.subject_id, gone.data) == (None, str(initech.pk), {"slug": "initech"})


def _live(tenant: Tenant) -> None:
    """Rows, a cold object, a file of an export, keys in Redis."""
    caller = Caller(keys.issue(tenant, "one")[1])
    first = caller.remember("Milton’s stapler is red.")
    caller.remember("The fax is broken.")
    with tenant_context(tenant):
        embed.pending()
        cold.archive(Memory.objects.get(pk=first).pk)
        cold.fill(list(Memory.objects.all()))  # a hot copy
        transfers.start_export({}, "jsonl")
        transfers.pending()
    _redis(1).set(f"limits:{tenant.pk.hex}:read", 1)
    assert len(_files()) == 2
    assert len(_redis_keys(tenant)) >= 2


def _files() -> list[Path]:
    places = [Path(configured.STORAGES[name]["OPTIONS"]["location"]) for name in ("cold", "transfers")]
    return [path for place in places for path in place.rglob("*") if path.is_file()]


def _redis(database: int) -> redis.Redis:
    return redis.Redis.from_url(f"{configured.REDIS_URL}/{database}")


def _redis_keys(tenant: Tenant) -> list[Any]:
    forms = (f"*{tenant.pk}*", f"*{tenant.pk.hex}*")
    return [key for database in (0, 1, 2) for form in forms for key in _redis(database).scan_iter(match=form)]


def test_within_the_grace_nothing_is_deleted(initech: Tenant, settings: Any) -> None:
    settings.TENANT_GRACE_DAYS = 7
    lifecycle.ask_deletion(initech.pk, "initech")
    assert leaving.due() == 0
    assert lifecycle.restore(initech.pk).state == "active"


def test_a_deletion_that_was_killed_is_gone_on_with(initech: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    _live(initech)
    lifecycle.ask_deletion(initech.pk, "initech")
    for step in ("_drop", "_elsewhere", "_close"):
        with monkeypatch.context() as dying, pytest.raises(KeyboardInterrupt):
            dying.setattr(leaving, step, _die)
            leaving.due()
        assert state(initech) == "erasing"
        with pytest.raises(WrongState):
            lifecycle.restore(initech.pk)
    assert leaving.due() == 1
    assert Receipt.objects.get(slug="initech").counts["memory"] == 2
    assert _files() == []


def _die(*_: Any) -> None:
    raise KeyboardInterrupt


def test_a_schema_that_is_in_use_is_dropped_at_a_later_tick(initech: Tenant) -> None:
    lifecycle.ask_deletion(initech.pk, "initech")
    words = {
        name: connection.get_connection_params().get(name) for name in ("dbname", "user", "password", "host", "port")
    }
    with psycopg.connect(**words) as reader:
        reader.execute("SELECT FROM t_initech.memory_memory")
        assert leaving.due() == 0
    assert leaving.due() == 1


def test_the_slug_of_a_deleted_tenant_is_not_given_again(initech: Tenant) -> None:
    lifecycle.ask_deletion(initech.pk, "initech")
    leaving.due()
    with pytest.raises(ValidationError, match="not given again"):
        onboarding.open_tenant("initech", "Another")


# --- the doors


def test_the_life_of_a_tenant_over_the_api(operator: Caller) -> None:
    status, made = operator.post("tenants", {"slug": "hooli", "name": "Hooli"})
    assert (status, made["state"]) == (201, "active")
    at = f"tenants/{made['id']}"
    assert operator.post(f"{at}/suspend", {"reason": "unpaid"})[1]["reason"] == "unpaid"
    status, problem = operator.post(f"{at}/suspend", {"reason": "unpaid"})
    assert (status, problem["code"]) == (409, "wrong_state")
    assert operator.post(f"{at}/resume", {})[1]["state"] == "active"
    assert operator.patch(at, {"name": "Hooli XYZ"})[1]["name"] == "Hooli XYZ"
    status, problem = operator.call("DELETE", at, {"slug": "acme"})
    assert (status, problem["code"]) == (422, "wrong_name")
    status, leaving_ = operator.call("DELETE", at, {"slug": "hooli"})
    assert (status, leaving_["state"], leaving_["counts"]["memory"]) == (202, "deleting", 0)
    assert operator.post(f"{at}/restore", {})[1]["state"] == "active"
    assert {row["slug"] for row in operator.get("tenants")[1]["data"]} == {"acme", "globex", "hooli"}


def test_lists_cost_what_one_page_costs(operator: Caller) -> None:
    operator.get("tenants")
    for path in ("tenants", "tenants/receipts"):
        with costs(2):  # the key, the rows
            assert operator.get(path)[0] == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "tenants"), ("POST", "tenants"), ("GET", "tenants/receipts"), ("GET", "tenants/{}"),
        ("PATCH", "tenants/{}"), ("DELETE", "tenants/{}"), ("POST", "tenants/{}/suspend"),
        ("POST", "tenants/{}/resume"), ("POST", "tenants/{}/restore"), ("GET", "tenants/{}/export"),
    ],
)  # fmt: skip
def test_a_tenants_own_key_does_none_of_it(ada: Caller, acme: Tenant, method: str, path: str) -> None:
    body = None if method == "GET" else {}
    assert ada.call(method, path.format(acme.pk), body)[0] == 403
    assert state(acme) == "active"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"slug": "Acme"}, "/slug"), ({"slug": "acme"}, "/slug"), ({}, "/slug"), ({"slug": "x" * 48}, "/slug"),
        ({"slug": "umbrella", "domain": "x" * 300}, "/domain"), ({"slug": "umbrella", "colour": 1}, "/colour"),
        ({"slug": ["umbrella"]}, "/slug"),
    ],
)  # fmt: skip
def test_a_tenant_that_cannot_be_is_refused_with_a_pointer(operator: Caller, body: Any, pointer: str) -> None:
    status, problem = operator.post("tenants", body)
    assert status == 422
    assert pointer in {error["pointer"] for error in problem["errors"]}


def test_an_archive_holds_all_of_a_tenant_and_no_secret(operator: Caller, ada: Caller, acme: Tenant) -> None:
    ada.remember("Tea, without sugar.")
    user = User.objects.create_user("ada@example.org", "correct horse")
    Membership.objects.create(user=user, tenant=acme, role="owner")
    answer = operator.raw("GET", f"tenants/{acme.pk}/export")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/x-tar")
    data = b"".join(answer.streaming_content)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        files = {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr]
    assert json.loads(files["acme/members.json"])[0]["user__email"] == "ada@example.org"
    assert {key["name"] for key in json.loads(files["acme/keys.json"])} == {"ada"}
    lines = b"".join(files[name] for name in sorted(files) if name.startswith("acme/memories/")).splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["header", "memory"]
    assert b"secret" not in data
    assert all(hashed.encode() not in data for hashed in ApiKey.objects.values_list("secret_hash", flat=True))


def test_the_command_does_the_same(initech: Tenant, tmp_path: Path) -> None:
    out = StringIO()
    call_command("tenants", "suspend", "initech", "--reason", "unpaid", stdout=out)
    call_command("tenants", "resume", "initech", stdout=out)
    call_command("tenants", "export", "initech", str(tmp_path / "initech.tar"), stdout=out)
    assert tarfile.is_tarfile(tmp_path / "initech.tar")
    with pytest.raises(CommandError, match="--typed initech"):
        call_command("tenants", "delete", "initech", stdout=out)
    call_command("tenants", "delete", "initech", "--typed", "initech", stdout=out)
    with pytest.raises(CommandError, match="the tenant is deleting"):
        call_command("tenants", "suspend", "initech", "--reason", "unpaid")
    call_command("tenants", "leave", stdout=out)
    call_command("tenants", "receipts", stdout=out)
    assert "initech is suspended\ninitech is active" in out.getvalue()
    assert '"memory": 0' in out.getvalue()
