"""The write path: remember. What becomes of a memory afterwards is in memory.revise."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from events import actors, ledger, poke
from memory import echo, embeddings, namespaces, places, quotas
from memory.algorithms import passages, phrasing, scoring
from memory.errors import Contended, EmbedderUnavailable, NotStored
from memory.models import Memory
from memory.privacy import gate
from memory.privacy.subjects import named_by
from memory.types import Draft, Outcome

STORE_ATTEMPTS = 3
RECALLED = Outcome("skipped", None, echo.REASON)


def remember(draft: Draft, *, wait: bool = False) -> Outcome:
    """Store one memory; see `remember_many`."""
    return remember_many([draft], wait=wait)[0]


def remember_many(drafts: Sequence[Draft], *, wait: bool = False, partial: bool = False) -> list[Outcome]:
    """Store memories in one transaction, and say of each what became of it.

    The same words in the same scope with the same stated time are one memory: the database's unique index decides,
    so two writers at once still make one. Vectors are the worker's job, unless `wait` computes them first. What
    cannot be stored (its session is closed, its id is another one's, whom it names was erased) raises NotStored, what
    the plan does not hold QuotaExceeded, and nothing is stored; with `partial` only that item fails. Raises
    OutsideNamespaces.
    """
    drafts = namespaces.within(drafts)
    sifted = echo.sift(drafts, namespaces.DEFAULT)
    memories = {index: _from_draft(draft) for index, draft in enumerate(sifted) if draft}
    if wait:
        _give_vectors(list(memories.values()))
    ids = {index: draft.id for index, draft in enumerate(sifted) if draft and draft.id}
    for _ in range(STORE_ATTEMPTS if memories else 0):
        if outcomes := _store(memories, ids, partial):
            return [outcomes.get(index, RECALLED) for index in range(len(drafts))]
    if memories:
        raise Contended
    return [RECALLED] * len(drafts)


@transaction.atomic
def _store(memories: dict[int, Memory], ids: dict[int, UUID], partial: bool) -> dict[int, Outcome]:
    """Store all of them; nothing, and no outcome, when a twin that stood in the way is deleted at this very moment."""
    failed = _refused(memories)
    full = quotas.refused({index: memory for index, memory in memories.items() if index not in failed})
    if full and not partial:
        raise quotas.exceeded(full)
    failed |= full | places.taken(ids)
    failed |= places.give({index: memory for index, memory in memories.items() if index not in failed})
    if failed and not partial:
        raise NotStored(failed)
    stored = {index: memory for index, memory in memories.items() if index not in failed}
    outcomes = {index: Outcome("failed", None, reason) for index, reason in failed.items()}
    if not stored:
        return outcomes
    kept = _insert(list(stored.values()))
    if any(memory.fingerprint not in kept for memory in stored.values()):
        transaction.set_rollback(True)
        return {}
    created = [memory for memory in stored.values() if kept[memory.fingerprint] == memory.id]
    ledger.record_all("memory.created", [(memory, thin(memory)) for memory in created])
    poke_embedder(created)
    return outcomes | {index: _outcome(memory, kept[memory.fingerprint]) for index, memory in stored.items()}


def _refused(memories: dict[int, Memory]) -> dict[int, str]:
    began = actors.since()
    told = [(index, named_by(memory), began) for index, memory in memories.items()]
    return dict.fromkeys(gate.refused(told), gate.REASON)


def _insert(memories: list[Memory]) -> dict[str, UUID]:
    """Insert those that nobody says yet; which memory says each fingerprint now."""
    _make_way(memories)
    # In one order for every writer: two batches that share words must not wait for each other.
    in_order = sorted(memories, key=lambda memory: memory.fingerprint)
    Memory.objects.bulk_create(in_order, ignore_conflicts=True, batch_size=500)
    said = Memory.objects.filter(fingerprint__in={memory.fingerprint for memory in memories})
    return dict(said.filter(state=Memory.State.ACTIVE).values_list("fingerprint", "id"))


def _make_way(memories: list[Memory]) -> None:
    """An expired memory that the sweep has not met yet must not swallow the same words said again."""
    fingerprints = [memory.fingerprint for memory in memories]
    expired = Memory.objects.filter(fingerprint__in=fingerprints, expires_at__lte=timezone.now())
    expired.filter(state=Memory.State.ACTIVE).update(state=Memory.State.DELETED, deleted_at=timezone.now())


def _outcome(memory: Memory, kept: Any) -> Outcome:
    if kept == memory.id:
        return Outcome("created", kept)
    return Outcome("merged", kept, "the same words are already remembered in this scope")


def _from_draft(draft: Draft) -> Memory:
    now = timezone.now()
    scope = draft.scope
    event_time = draft.event_time or now
    scored = scoring.importance_at(draft.kind, draft.role, event_time, now)
    memory = Memory(
        id=draft.id or uuid7(),
        content=draft.content,
        kind=draft.kind,
        role=draft.role,
        author=draft.author,
        user_id=scope.user_id,
        agent_id=scope.agent_id,
        session_id=scope.session_id,
        namespace=scope.namespace or namespaces.DEFAULT,
        tags=list(draft.tags),
        people=list(draft.people),
        topic=draft.topic,
        metadata=draft.metadata,
        importance=scored if draft.importance is None else draft.importance,
        importance_stated=draft.importance is not None,
        confidence=draft.confidence,
        language=draft.language,
        source=draft.source,
        trust=draft.trust,
        valid_from=draft.valid_from,
        valid_to=draft.valid_to,
        event_time=event_time,
        expires_at=draft.expires_at,
        created_at=now,
        updated_at=now,
    )
    stated = draft.event_time.isoformat() if draft.event_time else ""
    give_hashes(memory, stated)
    return memory


def give_hashes(memory: Memory, stated_time: str) -> None:
    """SHA-256 of the words, and of words with scope, speaker and stated time (unit separators between)."""
    said = (
        memory.namespace, memory.user_id, memory.agent_id, memory.session_id,
        memory.role, memory.author, stated_time, memory.content,
    )  # fmt: skip
    memory.content_hash = hashlib.sha256(memory.content.encode()).hexdigest()
    memory.fingerprint = hashlib.sha256("\x1f".join(said).encode()).hexdigest()


def _give_vectors(memories: Sequence[Memory]) -> None:
    """Vectors before the answer; while no embedder answers, the worker makes them later, as without `wait`."""
    try:
        embedder = embeddings.current()
        told = zip(memories, places.before_new(memories), strict=True)
        vectors = embedder.embed([embedded_text(memory, before=before) for memory, before in told])
    except EmbedderUnavailable:
        return
    for memory, vector in zip(memories, vectors, strict=True):
        memory.embedding, memory.embedding_model = vector.tolist(), embedder.name
        memory.passages = -1 if passages.is_long(memory.content) else 0


def embedded_text(memory: Memory, stretch: str | None = None, before: tuple[str, str] | None = None) -> str:
    """What stands for a memory, or a later stretch of it, in vector space: who said it, when, the words, and `before`.

    `before`: who spoke just before in the session, and what, see places.said_before.
    """
    who = memory.author or memory.agent_id or memory.role
    words = passages.opening(memory.content) if stretch is None else stretch
    return phrasing.embedded_text(words, who, memory.event_time, before)


def poke_embedder(memories: Iterable[Memory]) -> None:
    if any(memory.embedding is None or memory.passages < 0 for memory in memories):
        poke.after_commit("memory.tasks.embed_pending", str(ledger.current_tenant_id()))


def thin(memory: Memory) -> dict[str, Any]:
    return {
        "kind": memory.kind,
        "namespace": memory.namespace,
        "user_id": memory.user_id,
        "version": memory.version,
    }
