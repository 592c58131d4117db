"""The one error of this room."""

NOT_OURS = (
    "{} belongs to another user, probably from a run as root. Run as that user again,"
    " or set MEMHOUSE_VAR to a directory of your own."
)


class Refused(RuntimeError):
    """A service cannot be started here; the message says why and what to do."""
