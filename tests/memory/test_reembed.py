"""A tenant changes its embedding model while it serves, and can go back."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from events.models import Event
from memory import embeddings
from memory.errors import EmbedderUnavailable, ReembedRefused
from memory.models import Memory, Passage
from memory.recall import recall
from memory.remember import remember
from memory.revise import erase, revise
from memory.types import Draft, Query
from memory.upkeep import embed, reembed
from tenants import keys
from tenants.models import Tenant
from tests.conftest import Caller, costs

INT8, SMALL, GONE = "all-MiniLM-L6-v2/int8", "small", "gone"
LONG = " ".join(f"On day {i} the crew of the lighthouse counted {i * 7} passing ships." for i in range(60))


class Small:
    """A model of other dimensions: letters counted."""

    remote = False

    def __init__(self, name: str) -> None:
        self.name = name

    def embed(self, texts: list[str]) -> np.ndarray:
        counted = np.array([[text.count(letter) + 0.1 for letter in "aeiou"] for text in texts], np.float32)
        return counted / np.linalg.norm(counted, axis=1, keepdims=True)


class Gone(Small):
    def embed(self, texts: list[str]) -> np.ndarray:
        raise EmbedderUnavailable("away")


@pytest.fixture(autouse=True)
def models(settings: Any) -> Iterator[None]:
    here = "tests.memory.test_reembed."
    settings.EMBEDDERS = settings.EMBEDDERS | {SMALL: f"{here}Small", GONE: f"{here}Gone"}
    embeddings.named.cache_clear()
    yield
    embeddings.named.cache_clear()


def state() -> tuple[str, str, str, int]:
    told = reembed.progress()
    return told.state, told.model, told.shadow, told.waiting


def models_of_rows() -> set[tuple[str, str]]:
    rows = [*Memory.objects.exclude(state="deleted"), *Passage.objects.all()]
    return {(row.embedding_model, row.shadow_model) for row in rows}


def test_a_change_goes_from_start_to_finish(in_acme: Tenant) -> None:
    remember(Draft("The ferry leaves at noon."))
    remember(Draft(LONG))
    embed.pending()
    rows = 1 + 1 + Passage.objects.count()
    assert state() == ("idle", INT8, "", 0)
    reembed.start(SMALL)
    assert state() == ("growing", INT8, SMALL, rows)
    assert reembed.fill() == rows
    assert models_of_rows() == {(INT8, SMALL)}
    reembed.switch()
    assert state() == ("switched", SMALL, INT8, 0)
    assert models_of_rows() == {(SMALL, INT8)}
    assert len(Memory.objects.first().embedding) == 5  # type: ignore[union-attr, arg-type]
    assert recall(Query("ferry at noon")).hits[0].parts["semantic"] > 0
    reembed.finish()
    assert state() == ("idle", SMALL, "", 0)
    assert models_of_rows() == {(SMALL, "")}
    assert embed.pending() == 0
    told = Event.objects.filter(type__startswith="embedding.").order_by("id").values_list("type", flat=True)
    assert [type.removeprefix("embedding.") for type in told] == [
        "completed", "reembed_started", "switched", "reembed_finished",
    ]  # fmt: skip


def test_a_switch_waits_for_what_was_written_meanwhile(in_acme: Tenant) -> None:
    made = remember(Draft("first")).id
    embed.pending()
    reembed.start(SMALL)
    reembed.fill()
    remember(Draft("second"))
    revise(made, {"content": "other words"})
    with pytest.raises(ReembedRefused, match="2 memories"):
        reembed.switch()
    embed.pending()
    assert reembed.fill() == 2
    reembed.switch()
    assert models_of_rows() == {(SMALL, INT8)}


def test_a_rollback_brings_the_old_vectors_back(in_acme: Tenant) -> None:
    kept = remember(Draft("first")).id
    embed.pending()
    before = Memory.objects.get(pk=kept).embedding
    reembed.start(SMALL)
    reembed.fill()
    reembed.switch()
    remember(Draft("since the switch"))
    embed.pending()
    reembed.rollback()
    assert Memory.objects.get(pk=kept).embedding == before
    assert state()[:3] == ("growing", INT8, SMALL)
    embed.pending()
    reembed.fill()
    assert models_of_rows() == {(INT8, SMALL)}


def test_a_change_can_be_given_up(in_acme: Tenant) -> None:
    remember(Draft("first"))
    embed.pending()
    reembed.start(SMALL)
    reembed.fill()
    reembed.cancel()
    assert state() == ("idle", INT8, "", 0)
    assert models_of_rows() == {(INT8, "")}


def test_deleted_memories_hold_nothing_up(in_acme: Tenant) -> None:
    erase(remember(Draft("first")).id)
    reembed.start(SMALL)
    assert reembed.progress().waiting == 0


@pytest.mark.parametrize("step", [reembed.switch, reembed.rollback, reembed.finish, reembed.cancel])
def test_a_step_out_of_order_is_refused(in_acme: Tenant, step: Any) -> None:
    with pytest.raises(ReembedRefused):
        step()
    reembed.start(SMALL)
    if step in (reembed.rollback, reembed.finish):
        with pytest.raises(ReembedRefused):
            step()


@pytest.mark.parametrize("model", ["nobody", INT8])
def test_a_model_that_is_unknown_or_in_use_is_refused(in_acme: Tenant, model: str) -> None:
    with pytest.raises(ReembedRefused):
        reembed.start(model)


def test_one_change_at_a_time(in_acme: Tenant) -> None:
    reembed.start(SMALL)
    with pytest.raises(ReembedRefused, match="another"):
        reembed.start("all-MiniLM-L6-v2/fp32")


def test_a_model_that_does_not_answer_is_not_begun_with(in_acme: Tenant) -> None:
    with pytest.raises(EmbedderUnavailable):
        reembed.start(GONE)
    assert state()[0] == "idle"


def test_memories_wait_while_the_model_is_away_and_wait_true_answers(in_acme: Tenant, settings: Any) -> None:
    settings.EMBEDDER = GONE
    made = remember(Draft("said in the dark"), wait=True)
    assert made.status == "created"
    assert embed.pending() == 0
    settings.EMBEDDER = SMALL
    assert embed.pending() == 1


def test_another_setting_heals_by_itself(in_acme: Tenant, settings: Any) -> None:
    remember(Draft("first"))
    embed.pending()
    settings.EMBEDDER = SMALL
    assert embed.pending() == 1
    assert models_of_rows() == {(SMALL, "")}


def test_the_api_takes_each_step(acme: Tenant) -> None:
    admin = Caller(keys.issue(acme, "root", scopes=["read", "write", "admin"])[1])
    assert admin.get("embeddings")[1]["state"] == "idle"
    status, told = admin.post("embeddings/reembed", {"model": SMALL})
    assert (status, told["state"], told["shadow"]) == (200, "growing", SMALL)
    assert SMALL in told["models"]
    assert [admin.post(f"embeddings/{step}", {})[1]["state"] for step in ("switch", "rollback", "switch", "finish")] == [
        "switched", "growing", "switched", "idle",
    ]  # fmt: skip
    status, told = admin.post("embeddings/cancel", {})
    assert (status, told["code"]) == (409, "reembed_refused")
    assert admin.post("embeddings/reembed", {"model": "nobody"})[0] == 409
    assert admin.post("embeddings/reembed", {"model": GONE})[0] == 503
    assert admin.post("embeddings/reembed", {"modle": GONE})[0] == 422
    assert admin.post("embeddings/switch", {"now": True})[0] == 422


def test_changing_the_model_wants_admin(acme: Tenant) -> None:
    writer = Caller(keys.issue(acme, "w", scopes=["read", "write"])[1])
    for step in ("reembed", "switch", "rollback", "finish", "cancel"):
        assert writer.post(f"embeddings/{step}", {})[0] == 403
    assert writer.get("embeddings")[0] == 200


def test_reading_the_progress_costs_few_statements(in_acme: Tenant) -> None:
    with costs(3):
        reembed.progress()
