"""What was said just before stands in a memory's vector, and goes from it when it goes."""

import numpy as np
import pytest

from memory import embeddings, places
from memory.models import Memory
from memory.remember import embedded_text, remember_many
from memory.revise import erase, revise
from memory.types import Draft, Scope
from memory.upkeep import embed
from tenants.models import Tenant

TALK = [("Ben", "Would you like some tea?"), ("Ada", "Yes, please!"), ("Ben", "With sugar?")]


@pytest.fixture
def talk(in_acme: Tenant) -> list[Memory]:
    drafts = [Draft(said, Scope(session_id="s"), author=author) for author, said in TALK]
    remember_many([*drafts, Draft("elsewhere", Scope(session_id="other")), Draft("in no session")])
    while embed.pending():
        pass
    return list(Memory.objects.order_by("id"))


def like(memory: Memory, before: tuple[str, str] | None) -> bool:
    vector = embeddings.current().embed([embedded_text(memory, before=before)])[0]
    return float(np.dot(np.array(memory.embedding), vector)) > 0.97


def test_the_embedder_reads_who_spoke_before(talk: list[Memory]) -> None:
    assert places.said_before([memory.pk for memory in talk]) == {talk[1].pk: TALK[0], talk[2].pk: TALK[1]}
    assert like(talk[0], None)
    assert like(talk[1], TALK[0])
    assert not like(talk[1], None)


def test_vectors_made_before_the_answer_read_the_same(talk: list[Memory]) -> None:
    more = [
        Draft("Two lumps.", Scope(session_id="s"), author="Ada"),
        Draft("Here.", Scope(session_id="s"), author="Ben"),
    ]
    remember_many(more, wait=True)
    lumps, here = Memory.objects.order_by("id")[5:]
    assert like(lumps, TALK[2])
    assert like(here, ("Ada", "Two lumps."))


def test_who_is_changed_or_deleted_leaves_the_vector_of_the_next(talk: list[Memory]) -> None:
    revise(talk[0].pk, {"content": "Would you like some coffee?"})
    waiting = Memory.objects.unembedded().values_list("pk", flat=True)
    assert set(waiting) == {talk[0].pk, talk[1].pk}
    embed.pending()
    erase(talk[1].pk)
    assert set(Memory.objects.unembedded().values_list("pk", flat=True)) == {talk[2].pk}
    embed.pending()
    assert like(Memory.objects.get(pk=talk[2].pk), ("Ben", "Would you like some coffee?"))
