"""The write path: remember, revise, erase."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from events import ledger, poke
from memory import echo, embeddings
from memory.algorithms import phrasing, scoring
from memory.errors import Contended
from memory.models import Memory
from memory.tiers import cold
from memory.types import Draft, Outcome

DEFAULT_NAMESPACE = "default"
STORE_ATTEMPTS = 3
# What the embedder and the fingerprint read: changing one of these changes what the memory says.
SAID = {"content", "author", "agent_id", "role", "event_time"}


def remember(draft: Draft, *, wait: bool = False) -> Outcome:
    """Store one memory; see `remember_many`."""
    return remember_many([draft], wait=wait)[0]


def remember_many(drafts: Sequence[Draft], *, wait: bool = False) -> list[Outcome]:
    """Store memories in one transaction, and say of each whether it was created, merged or skipped.

    The same words in the same scope with the same stated time are one memory: the database's unique index decides,
    so two writers at once still make one. Vectors are the worker's job, unless `wait` computes them first.
    """
    sifted = echo.sift(drafts, DEFAULT_NAMESPACE)
    memories = [_from_draft(draft) for draft in sifted if draft]
    if wait:
        _give_vectors(memories)
    stored = iter(_stored(memories))
    return [next(stored) if draft else Outcome("skipped", None, echo.REASON) for draft in sifted]


def _stored(memories: list[Memory]) -> list[Outcome]:
    if not memories:
        return []
    for _ in range(STORE_ATTEMPTS):
        if outcomes := _store(memories):
            return outcomes
    raise Contended


@transaction.atomic
def _store(memories: list[Memory]) -> list[Outcome]:
    """Store all of them; nothing, and no outcome, when a twin that stood in the way is deleted at this very moment."""
    _make_way(memories)
    _give_places(memories)
    # In one order for every writer: two batches that share words must not wait for each other.
    in_order = sorted(memories, key=lambda memory: memory.fingerprint)
    Memory.objects.bulk_create(in_order, ignore_conflicts=True, batch_size=500)
    kept = dict(
        Memory.objects.filter(
            fingerprint__in={memory.fingerprint for memory in memories}, state=Memory.State.ACTIVE
        ).values_list("fingerprint", "id")
    )
    if any(memory.fingerprint not in kept for memory in memories):
        transaction.set_rollback(True)
        return []
    created = [memory for memory in memories if kept[memory.fingerprint] == memory.id]
    ledger.record_all("memory.created", [(memory, _thin(memory)) for memory in created])
    _poke_embedder(created)
    return [_outcome(memory, kept[memory.fingerprint]) for memory in memories]


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
    importance = scoring.importance(draft.kind, draft.role) if draft.importance is None else draft.importance
    memory = Memory(
        content=draft.content,
        kind=draft.kind,
        role=draft.role,
        author=draft.author,
        user_id=scope.user_id,
        agent_id=scope.agent_id,
        session_id=scope.session_id,
        namespace=scope.namespace or DEFAULT_NAMESPACE,
        tags=list(draft.tags),
        people=list(draft.people),
        topic=draft.topic,
        metadata=draft.metadata,
        importance=importance,
        importance_stated=draft.importance is not None,
        confidence=draft.confidence,
        language=draft.language,
        source=draft.source,
        trust=draft.trust,
        valid_from=draft.valid_from,
        valid_to=draft.valid_to,
        event_time=draft.event_time or now,
        expires_at=draft.expires_at,
        created_at=now,
        updated_at=now,
    )
    stated = draft.event_time.isoformat() if draft.event_time else ""
    _give_hashes(memory, stated)
    return memory


def _give_hashes(memory: Memory, stated_time: str) -> None:
    """SHA-256 of the words, and of words with scope, speaker and stated time (unit separators between)."""
    said = (
        memory.namespace, memory.user_id, memory.agent_id, memory.session_id,
        memory.role, memory.author, stated_time, memory.content,
    )  # fmt: skip
    memory.content_hash = hashlib.sha256(memory.content.encode()).hexdigest()
    memory.fingerprint = hashlib.sha256("\x1f".join(said).encode()).hexdigest()


def _give_places(memories: Iterable[Memory]) -> None:
    """Number memories inside their sessions, after what is there. Ties of two writers at once do no harm."""
    spoken = [memory for memory in memories if memory.session_id]
    if not spoken:
        return
    sessions = {memory.session_id for memory in spoken}
    last = {
        (row["namespace"], row["user_id"], row["session_id"]): row["last"]
        for row in Memory.objects.filter(session_id__in=sessions)
        .values("namespace", "user_id", "session_id")
        .annotate(last=Max("position"))
        .order_by()
    }
    for memory in spoken:
        session = (memory.namespace, memory.user_id, memory.session_id)
        memory.position = last[session] = (last.get(session) or 0) + 1


def _give_vectors(memories: Sequence[Memory]) -> None:
    embedder = embeddings.current()
    vectors = embedder.embed([embedded_text(memory) for memory in memories])
    for memory, vector in zip(memories, vectors, strict=True):
        memory.embedding, memory.embedding_model = vector.tolist(), embedder.name


def embedded_text(memory: Memory) -> str:
    """What stands for a memory in vector space: who said it, when, and the words."""
    who = memory.author or memory.agent_id or memory.role
    return phrasing.embedded_text(memory.content, who, memory.event_time)


def _poke_embedder(memories: Iterable[Memory]) -> None:
    if any(memory.embedding is None for memory in memories):
        poke.after_commit("memory.tasks.embed_pending", str(ledger.current_tenant_id()))


def _thin(memory: Memory) -> dict[str, Any]:
    return {
        "kind": memory.kind,
        "namespace": memory.namespace,
        "user_id": memory.user_id,
        "version": memory.version,
    }


@transaction.atomic
def revise(memory_id: Any, changes: dict[str, Any], *, merge: bool = True) -> Memory | None:
    """Change the given fields of a live memory and nothing else. None when there is none.

    Metadata is merged into what is there, or replaces it without `merge`.

    New words, speaker or time take its vector away: the worker makes the new one.
    """
    memory = Memory.objects.live().select_for_update().filter(pk=memory_id).first()
    if memory is None:
        return None
    cold.take_back(memory)
    if merge and "metadata" in changes:
        changes = changes | {"metadata": memory.metadata | changes["metadata"]}
    changed = {name for name, value in changes.items() if getattr(memory, name) != value}
    if not changed:
        return memory
    for name in changed:
        setattr(memory, name, changes[name])
    if changed & SAID:
        _say_anew(memory)
    memory.version += 1
    memory.updated_at = timezone.now()
    _save_revised(memory)
    ledger.record("memory.updated", memory, **_thin(memory), fields=sorted(changed))
    return memory


def _save_revised(memory: Memory) -> None:
    """Save; where another memory says exactly this already, both stay, and this one keeps a fingerprint of its own."""
    try:
        with transaction.atomic():
            memory.save()
    except IntegrityError:
        memory.fingerprint = hashlib.sha256(f"{memory.fingerprint}{memory.pk}".encode()).hexdigest()
        memory.save()


def _say_anew(memory: Memory) -> None:
    memory.embedding, memory.embedding_model = None, ""
    _give_hashes(memory, memory.event_time.isoformat())
    _poke_embedder([memory])


@transaction.atomic
def erase(memory_id: Any) -> bool:
    """Delete a live memory, restorable for UNDO_DAYS; False when there is none."""
    memory = Memory.objects.live().select_for_update().filter(pk=memory_id).first()
    if memory is None:
        return False
    memory.state, memory.deleted_at = Memory.State.DELETED, timezone.now()
    memory.version += 1
    memory.save(update_fields=["state", "deleted_at", "version"])
    ledger.record("memory.deleted", memory, **_thin(memory))
    return True


@transaction.atomic
def restore(memory_id: Any) -> Memory | None:
    """Bring a deleted memory back; None when there is none, or when its words have been remembered anew."""
    memory = Memory.objects.select_for_update().filter(pk=memory_id, state=Memory.State.DELETED).first()
    if memory is None:
        return None
    memory.state, memory.deleted_at = Memory.State.ACTIVE, None
    memory.version += 1
    memory.updated_at = timezone.now()
    try:
        with transaction.atomic():
            memory.save(update_fields=["state", "deleted_at", "version", "updated_at"])
    except IntegrityError:
        return None
    ledger.record("memory.updated", memory, **_thin(memory), fields=["state"])
    return memory
