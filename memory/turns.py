"""A turn of a conversation: recall for what is said, then remember what was said."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from memory import context
from memory.algorithms import quoting
from memory.context import Context
from memory.namespaces import settled
from memory.remember import remember_many
from memory.types import Draft, Outcome, Query

ASKED = 10_000  # characters of a message that are asked with


@dataclass(frozen=True)
class Turn:
    """What the agent should know, and what became of the message and of the reply, if there was one."""

    context: Context
    remembered: tuple[Outcome, ...]


def turn(
    message: Draft, reply: Draft | None = None, query: Query | None = None, *, anywhere: bool = False, **room: Any
) -> Turn:
    """Recall for `message`, then remember it, and after it `reply`. Raises what recall and remember raise.

    `query` says how else to recall (limit, filters …); its text is the message's and its scope where the message is
    stored, or with `anywhere` that in every namespace. `room` is what `context.build` takes. Neither text is ever
    recalled for itself, also when it is stored already since the call is tried again.
    """
    said = [draft for draft in (message, reply) if draft is not None]
    texts = [quoting.without_context(draft.content) for draft in said]
    scope = settled(message.scope)
    recalled_in = replace(scope, namespace="") if anywhere else scope
    asked = replace(query or Query(limit=50), text=texts[0][:ASKED], scope=recalled_in)
    unlike = frozenset(hashlib.sha256(text.encode()).hexdigest() for text in texts)
    known = context.build(asked, unlike=unlike, **room)
    return Turn(known, tuple(remember_many(said)))
