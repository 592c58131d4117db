"""Ways of finding the memories that answer: the product's recall, and what else is usual, over the same rows.

Needs Django and a tenant's schema to stand in.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import F
from django.db.models.expressions import RawSQL
from pgvector.django import CosineDistance
from talks import KS, Question, Row, Talk, Turn, judge

from memory import embeddings
from memory.models import Memory
from memory.recall import recall
from memory.remember import remember_many
from memory.types import Draft, Query, Scope
from memory.upkeep import embed

MOST = max(KS)
RRF = 60  # of reciprocal rank fusion (Cormack and others, 2009), as everybody sets it
# The question's words, any of them, stemmed: websearch_to_tsquery and its kind join them by "and".
ANY = "replace(plainto_tsquery('english', %s)::text, ' & ', ' | ')::tsquery"

Way = Callable[[str, str], list[Any]]  # user and question in, ids of memories out, best first


class House:
    """Conversations written by the product's own write path, one user each, and ways to ask them."""

    def __init__(self, talks: list[Talk]) -> None:
        self.talks = talks
        self.ids: dict[tuple[str, str], Any] = {}  # of user and turn, its memory
        for talk in talks:
            outcomes = remember_many([_draft(talk.user, turn) for turn in talk.turns])
            self.ids |= {(talk.user, turn.name): made.id for turn, made in zip(talk.turns, outcomes, strict=True)}
        while embed.pending():
            pass
        self._raw = {talk.user: self._raw_vectors(talk) for talk in talks}

    def ways(self) -> dict[str, Way]:
        return {
            "recall": self.recall,
            "the product's vectors alone": self.own_vectors,
            "vectors of the raw text": self.raw_vectors,
            "full text, all words": self.all_words,
            "full text, any word": self.any_word,
            "usual hybrid": self.hybrid,
        }

    def ask(self, way: Way) -> Iterator[tuple[Question, Row]]:
        for talk in self.talks:
            for question in talk.questions:
                began = time.perf_counter()
                ranked = way(talk.user, question.text)
                took = (time.perf_counter() - began) * 1000
                yield question, judge(ranked, {self.ids[talk.user, name] for name in question.evidence}, took)

    def recall(self, user: str, question: str) -> list[Any]:
        found = recall(Query(question, Scope(user_id=user), limit=MOST))
        return [hit.memory.id for hit in found.hits]

    def own_vectors(self, user: str, question: str) -> list[Any]:
        """By nearness alone, to the vectors that the product made."""
        vector = embeddings.current().embed([question])[0].tolist()
        rows = Memory.objects.filter(user_id=user).order_by(CosineDistance("embedding", vector))
        return list(rows.values_list("id", flat=True)[:MOST])

    def raw_vectors(self, user: str, question: str) -> list[Any]:
        """By nearness alone, to vectors of the words and nothing else; searched in this process's memory."""
        ids, vectors = self._raw[user]
        order = np.argsort(-(vectors @ embeddings.current().embed([question])[0]), kind="stable")
        return [ids[i] for i in order[:MOST]]

    def all_words(self, user: str, question: str) -> list[Any]:
        asked = SearchQuery(question, config="english", search_type="websearch")
        rows = Memory.objects.filter(user_id=user, search=asked)
        return _by_rank(rows, SearchRank(F("search"), asked, cover_density=True))

    def any_word(self, user: str, question: str) -> list[Any]:
        rows = Memory.objects.filter(user_id=user).extra(where=[f"search @@ {ANY}"], params=[question])
        return _by_rank(rows, RawSQL(f"ts_rank_cd(search, {ANY})", [question]))

    def hybrid(self, user: str, question: str) -> list[Any]:
        """Nearness to the raw text and full text of any word, put together by their ranks."""
        scores: dict[Any, float] = {}
        for ranked in (self.raw_vectors(user, question), self.any_word(user, question)):
            for place, key in enumerate(ranked, 1):
                scores[key] = scores.get(key, 0.0) + 1 / (RRF + place)
        return sorted(scores, key=lambda key: -scores[key])[:MOST]

    def _raw_vectors(self, talk: Talk) -> tuple[list[Any], np.ndarray]:
        ids = [self.ids[talk.user, turn.name] for turn in talk.turns]
        return ids, np.asarray(embeddings.current().embed([turn.text for turn in talk.turns]))


def _draft(user: str, turn: Turn) -> Draft:
    scope = Scope(user_id=user, session_id=turn.session)
    return Draft(turn.text, scope, kind="message", author=turn.speaker, event_time=turn.at)


def _by_rank(rows: Any, rank: Any) -> list[Any]:
    return list(rows.order_by(rank.desc(), "id").values_list("id", flat=True)[:MOST])
