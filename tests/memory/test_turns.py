"""A turn recalls where its message is stored, or anywhere."""

from memory.remember import remember
from memory.turns import turn
from memory.types import Draft, Scope
from tenants.models import Tenant


def test_a_turn_recalls_in_its_namespace_or_in_all(in_acme: Tenant) -> None:
    remember(Draft("Tea at work.", Scope(namespace="work")))
    remember(Draft("Tea at home."))
    message = Draft("Where is the tea?")
    for anywhere, wanted in ((False, {"Tea at home."}), (True, {"Tea at home.", "Tea at work."})):
        assert {piece.memory.content for piece in turn(message, anywhere=anywhere).context.pieces} == wanted
