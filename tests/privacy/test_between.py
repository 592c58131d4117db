"""Messages between services and people who are erased."""

from collections.abc import Callable

import pytest

from events.sync.messages import Draft
from events.sync.models import Message, Receipt
from memory.errors import Erased
from memory.models import Erasure
from memory.privacy import between
from memory.privacy.subjects import Subject
from tenants.models import Tenant
from tests.privacy.conftest import CANARY


def draft(data: dict[str, object], **fields: str) -> Draft:
    return Draft("a", "memory", "create", data, target="b", **fields)


def test_messages_that_name_them_go_and_the_others_stay(in_acme: Tenant, erased: Callable[..., Erasure]) -> None:
    between.send_many([
        draft({"memory": {"user_id": "ada", "content": CANARY}}),
        draft({"people": ["Ben", "ADA"]}),
        draft({"n": 1}, correlation_id="ada"),
    ])  # fmt: skip
    (stays,) = between.send_many([draft({"user_id": "ben", "of": "adaptive learning"})])
    Receipt.objects.filter(message=stays).update(error="none of it")
    row = erased("user", "ada")
    assert row.counts["sync_messages"] == 3
    assert row.receipt["remaining"]["sync_messages"] == 0
    assert Message.objects.get() == stays


def test_what_a_service_said_of_its_failure_goes_too(in_acme: Tenant, erased: Callable[..., Erasure]) -> None:
    between.send_many([draft({"n": 1})])
    Receipt.objects.update(error="nobody called Ada here")
    erased("user", "ada")
    assert not Receipt.objects.exists()


@pytest.mark.parametrize(
    "data", [{"user_id": "ada"}, {"deep": [{"userId": "ada"}]}, {"x": {"user_id": "ada", "y": 1}}], ids=str
)
def test_nobody_writes_of_who_was_erased(
    in_acme: Tenant, erased: Callable[..., Erasure], data: dict[str, object]
) -> None:
    erased("user", "ada", block=True)
    with pytest.raises(Erased):
        between.send_many([draft({"n": 1}), draft(data)])
    assert not Message.objects.exists()
    assert between.send_many([draft({"user_id": "ben"})])


def test_whom_data_names_is_found_at_any_depth() -> None:
    data = {"a": [{"user_id": "ada", "agentId": "bot"}], "author": "Ben", "user_id": 7}
    assert set(between.named_by(data)) == {Subject("user", "ada"), Subject("agent", "bot"), Subject("person", "Ben")}
