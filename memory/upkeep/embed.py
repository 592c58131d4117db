"""Give vectors to memories that have none, or those of another model."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np
import psycopg
from django.conf import settings
from django.db import connection, transaction
from pgvector import HalfVector
from pgvector.psycopg.halfvec import register_halfvec_info
from psycopg.types import TypeInfo

from events import ledger, poke
from memory import embeddings
from memory.models import Memory
from memory.remember import embedded_text
from memory.tiers import cold

# What the embedder reads of a row, and what finds the content of a cold one.
READ = ("id", "content", "author", "agent_id", "role", "event_time", "tier", "cold_key", "version")


def pending(*, batches: int = 50) -> int:
    """Embed up to `batches` batches of this tenant's waiting memories; how many were embedded."""
    done = 0
    for turn in range(batches):
        count = _one_batch()
        done += count
        if count < settings.EMBED_BATCH:
            break
        if turn == 0:  # there is more than one batch: another process may help
            poke.after_commit("memory.tasks.embed_pending", str(ledger.current_tenant_id()))
    return done


@transaction.atomic
def _one_batch() -> int:
    """Claim rows by lock, embed, save. A killed worker's rows are free again the moment its connection dies."""
    embedder = embeddings.current()
    claimed = _claim(embedder.name)
    unread = cold.fill(claimed)
    claimed = [memory for memory in claimed if memory.pk not in unread]
    if not claimed:
        return 0
    vectors = embedder.embed([embedded_text(memory) for memory in claimed])
    write_vectors([memory.pk for memory in claimed], vectors, embedder.name)
    ledger.record("embedding.completed", count=len(claimed), model=embedder.name)
    return len(claimed)


def _claim(model: str) -> list[Memory]:
    """A batch of rows that wait: first those without a vector, then those that another model embedded."""
    for waiting in (Memory.objects.unembedded(), Memory.objects.outdated(model)):
        claimed = waiting.select_for_update(skip_locked=True, no_key=True).only(*READ)[: settings.EMBED_BATCH]
        if found := list(claimed):
            return found
    return []


def write_vectors(ids: Sequence[UUID], vectors: np.ndarray, model: str) -> None:
    """Write in binary, in one round trip: as text, numbers cost more than the rest of the statement."""
    rows = [(HalfVector(vector), model, pk) for pk, vector in zip(ids, vectors, strict=True)]
    with binary_cursor() as cursor:
        cursor.executemany("UPDATE memory_memory SET embedding = %b, embedding_model = %s WHERE id = %s", rows)


def binary_cursor() -> psycopg.Cursor:
    """A cursor of psycopg's own that takes vectors in binary; Django's puts each value into the text of a statement."""
    connection.cursor().close()  # stands in the tenant's schema
    raw = connection.connection
    halfvec = TypeInfo.fetch(raw, "halfvec")
    assert halfvec is not None
    cursor = psycopg.Cursor(raw)
    register_halfvec_info(cursor, halfvec)  # type: ignore[arg-type]  # a cursor is a context of its own
    return cursor
