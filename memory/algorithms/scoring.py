"""How much a memory matters, from what it is."""

ROLE_WEIGHT = {"system": 0.6, "user": 0.6, "assistant": 0.45, "tool": 0.35}
KIND_WEIGHT = {"preference": 0.7, "goal": 0.7, "event": 0.55, "habit": 0.6, "summary": 0.65}
PLAIN = 0.5


def importance(kind: str, role: str) -> float:
    """Importance in [0, 1] of a memory that did not state one: the mean of its kind's and its role's weight."""
    return (KIND_WEIGHT.get(kind, PLAIN) + ROLE_WEIGHT.get(role, PLAIN)) / 2
