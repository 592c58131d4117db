"""When a message comes again: plain numbers, no clock."""

FIRST, LONGEST = 5.0, 600.0  # seconds
SPREAD = 0.2  # of the pause, to either side
MOST = 10  # times that a message is handed over before it is given up


def pause(attempts: int, chance: float) -> float:
    """Seconds until a message comes again that was handed over `attempts` times (1 or more).

    FIRST, doubled each time up to LONGEST, and moved by up to SPREAD of itself so that many do not come at once;
    `chance` in [0, 1) says where in that span.
    """
    plain = min(LONGEST, FIRST * 2.0 ** min(attempts - 1, 30))
    return plain * (1 + SPREAD * (2 * chance - 1))


def given_up(attempts: int) -> bool:
    """Whether a message that was handed over so often is not handed over again."""
    return attempts >= MOST
