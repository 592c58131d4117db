"""Recalled text is not new memory: what we handed out is taken out of what comes back, before it is stored."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from memory.algorithms import quoting
from memory.algorithms.quoting import Quote
from memory.models.plain import PLAIN
from memory.types import Draft

REASON = "recalled text"
SPEAKERS = ("assistant", "tool")  # who repeats what was recalled; a user who says it says it anew
LEAST = 12  # characters: what is shorter, such as "Good morning", is nobody's memory
QUOTES = 400  # of one text are looked at; no context of ours holds more
# Is it in a live memory of the scope, and not just the same thing said again by the same voice in the same session?
KNOWN = f"""
SELECT q.number FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
  AS q(number, said, namespace, user_id, session_id, role, hash)
WHERE EXISTS (
  SELECT FROM memory_memory m
  WHERE {PLAIN.format("m.content")} = {PLAIN.format("q.said")}
    AND m.namespace = q.namespace AND (q.user_id = '' OR m.user_id IN (q.user_id, ''))
    AND m.state = 'active' AND (m.expires_at IS NULL OR m.expires_at > now())
    AND NOT (m.session_id = q.session_id AND m.role = q.role AND m.content_hash = q.hash))
"""  # noqa: S608  parameters are bound; the expression is a literal


@dataclass(frozen=True)
class Suspect:
    """What may have been recalled: one quote of a draft's text, or all of it (`quote` is None)."""

    number: int
    said: str
    quote: Quote | None


def sift(drafts: Sequence[Draft], namespace: str) -> list[Draft | None]:
    """The drafts without recalled text, in their order; None where nothing else was said.

    Context blocks with our markers go, whoever sends them. So do quotes in the form of our prompts that say what a
    live memory of the scope says. The whole text is recalled text when an assistant, a tool or the source "recall"
    says it, it has LEAST characters, and a live memory of the scope says the same but for whitespace, quotes and
    case; not when that memory is the same text of the same role and session, for then it merges. What is imported or
    names its id is left as it is. `namespace` is that of drafts without one. One statement at most.
    """
    plain = [draft if _is_restored(draft) else _without_blocks(draft) for draft in drafts]
    suspects = [suspect for number, draft in enumerate(plain) for suspect in _suspects(number, draft)]
    known = _known(suspects, plain, namespace)
    return [_sifted(draft, [s for s in known if s.number == number]) for number, draft in enumerate(plain)]


def _is_restored(draft: Draft) -> bool:
    return draft.id is not None or draft.source == "import"


def _without_blocks(draft: Draft) -> Draft:
    text = quoting.without_context(draft.content)
    return draft if text is draft.content else replace(draft, content=text)


def _suspects(number: int, draft: Draft) -> list[Suspect]:
    if _is_restored(draft):
        return []
    found = [Suspect(number, quote.said, quote) for quote in quoting.quotes(draft.content)[:QUOTES]]
    repeats = draft.role in SPEAKERS or draft.source == "recall"
    if repeats and len(draft.content.strip()) >= LEAST:
        found.append(Suspect(number, draft.content, None))
    return found


def _known(suspects: list[Suspect], drafts: Sequence[Draft], namespace: str) -> list[Suspect]:
    """Those that a live memory says."""
    if not suspects:
        return []
    scopes = [drafts[suspect.number].scope for suspect in suspects]
    columns: list[Any] = [
        list(range(len(suspects))),
        [suspect.said for suspect in suspects],
        [scope.namespace or namespace for scope in scopes],
        [scope.user_id for scope in scopes],
        [scope.session_id for scope in scopes],
        [drafts[suspect.number].role for suspect in suspects],
        ["" if suspect.quote else hashlib.sha256(suspect.said.encode()).hexdigest() for suspect in suspects],
    ]
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, columns)
        return [suspects[number] for (number,) in cursor.fetchall()]


def _sifted(draft: Draft, known: list[Suspect]) -> Draft | None:
    if any(suspect.quote is None for suspect in known):
        return None
    if known:
        draft = replace(draft, content=quoting.without(draft.content, [s.quote for s in known if s.quote]))
    return draft if draft.content.strip() else None
