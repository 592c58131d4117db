"""Thumbs: a hit that helped is a lesson, and its question expects it from then on."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django_tenants.utils import tenant_context

from analytics import tracing
from analytics.models import LearningEvent, Trace
from memory import questions
from memory.models import Question
from memory.types import Query
from tenants import keys
from tenants.models import Tenant
from tests.conftest import Caller


def test_a_thumb_up_is_a_lesson_and_a_saved_question(ada: Caller, acme: Tenant) -> None:
    tea = ada.remember("Ada takes tea.", user_id="ada", namespace="kitchen")
    said = {"query": "What does Ada drink?", "user_id": "ada", "memory_id": tea, "helpful": True}
    status, told = ada.post("feedback", said)
    assert status == 201
    with tenant_context(acme):
        question, event = Question.objects.get(), LearningEvent.objects.get()
        assert (str(question.pk), question.text, question.user_id) == (told["question_id"], said["query"], "ada")
        assert [str(one) for one in question.expected] == [tea]
        assert (str(event.pk), event.type, event.correct) == (told["event_id"], "feedback", True)
        assert (event.domain, event.user_id, event.output) == ("kitchen", "ada", {"memory_id": tea})


def test_a_trace_that_lost_its_filters_saves_no_question(ada: Caller, acme: Tenant) -> None:
    tea = ada.remember("Ada takes tea.", user_id="ada")
    with tenant_context(acme):
        told = {"asked": tracing.asked_of(Query("tea?")), "cut": True}
        trace = Trace.objects.create(kind="recall", why="slow", operation="search_memories", took_ms=9.0, told=told)
    status, answer = ada.post("feedback", {"trace_id": str(trace.pk), "memory_id": tea, "helpful": True})
    assert (status, answer["code"]) == (409, "trace_not_replayable")
    with tenant_context(acme):
        assert not Question.objects.exists()


def test_a_thumb_down_takes_it_off_the_question(ada: Caller, acme: Tenant) -> None:
    tea, cat = ada.remember("Ada takes tea."), ada.remember("Ada has a cat.")
    for memory in (tea, cat):
        ada.post("feedback", {"query": "What does Ada drink?", "memory_id": memory, "helpful": True})
    ada.post("feedback", {"query": "What does Ada drink?", "memory_id": cat, "helpful": False})
    with tenant_context(acme):
        assert [str(one) for one in Question.objects.get().expected] == [tea]
        assert list(LearningEvent.objects.order_by("id").values_list("correct", flat=True)) == [True, True, False]


def test_a_thumb_down_saves_no_question(ada: Caller, acme: Tenant) -> None:
    tea = ada.remember("Ada takes tea.")
    told = ada.post("feedback", {"query": "What does Ada eat?", "memory_id": tea, "helpful": False})[1]
    assert told["question_id"] is None
    with tenant_context(acme):
        assert not Question.objects.exists()


def test_a_thumb_on_a_trace_is_on_its_question(ada: Caller, acme: Tenant, noted: Callable[[], None]) -> None:
    tea = ada.remember("Ada takes tea.", user_id="ada")
    ada.search("What does Ada drink?", user_id="ada")
    noted()
    trace = ada.get("traces?kind=recall")[1]["data"][0]["id"]
    ada.post("feedback", {"trace_id": trace, "memory_id": tea, "helpful": True})
    with tenant_context(acme):
        assert LearningEvent.objects.get().metadata == {"trace_id": trace}
        assert (Question.objects.get().text, Question.objects.get().user_id) == ("What does Ada drink?", "ada")


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({}, "/query"),
        ({"query": "tea", "trace_id": str(uuid4())}, "/query"),
        ({"trace_id": str(uuid4())}, "/trace_id"),
        ({"trace_id": str(uuid4()), "user_id": "ada"}, "/user_id"),
        ({"query": "tea", "memory_id": str(uuid4())}, "/memory_id"),
        ({"query": "tea", "helpful": "perhaps"}, "/helpful"),
    ],
)
def test_a_thumb_on_nothing_is_refused_with_a_pointer(
    ada: Caller, acme: Tenant, said: dict[str, Any], pointer: str
) -> None:
    tea = ada.remember("Ada takes tea.")
    status, problem = ada.post("feedback", {"memory_id": tea, "helpful": True} | said)
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)
    with tenant_context(acme):
        assert not LearningEvent.objects.exists()


def test_who_only_reads_gives_no_thumbs(acme: Tenant) -> None:
    reader = Caller(keys.issue(acme, "reader", ["read"])[1])
    assert reader.post("feedback", {"query": "tea", "memory_id": str(uuid4()), "helpful": True})[0] == 403


def test_a_question_expects_so_many_and_no_more(ada: Caller, acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "MOST", 1)
    first, second = ada.remember("Ada takes tea."), ada.remember("Ada has a cat.")
    told = [ada.post("feedback", {"query": "Ada?", "memory_id": one, "helpful": True})[1] for one in (first, second)]
    assert [one["question_id"] is None for one in told] == [False, True]


def test_two_thumbs_at_once_save_one_question(committed: None, acme: Tenant) -> None:
    caller = Caller(keys.issue(acme, "ada")[1])
    memories = [caller.remember(f"Ada takes tea number {n}.") for n in range(6)]

    def up(memory: str) -> int:
        try:
            return caller.post("feedback", {"query": "What does Ada drink?", "memory_id": memory, "helpful": True})[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(up, memories)) == {201}
    with tenant_context(acme):
        assert {str(one) for one in Question.objects.get().expected} == set(memories)
