"""Where something new goes: the namespace that is named, or the usual one, if who acts may write there."""

from collections.abc import Sequence
from dataclasses import replace

from memory.errors import OutsideNamespaces
from memory.types import Draft, Scope
from tenants import bounds

DEFAULT = "default"


def settled(scope: Scope) -> Scope:
    """The scope with its namespace. When none is named: `default`, or the only one that who acts is bound to.

    Raises OutsideNamespaces.
    """
    bound = bounds.current()
    named = scope.namespace or (bound[0] if len(bound) == 1 else DEFAULT)
    if bound and named not in bound:
        raise OutsideNamespaces(named)
    return replace(scope, namespace=named)


def within(drafts: Sequence[Draft]) -> Sequence[Draft]:
    """Drafts in the namespaces of who acts; as they are when it is bound to none. Raises OutsideNamespaces."""
    if not bounds.current():
        return drafts
    return [replace(draft, scope=settled(draft.scope)) for draft in drafts]
