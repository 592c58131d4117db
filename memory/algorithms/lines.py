"""Lines of a file that comes in pieces, and CSV cells that no spreadsheet takes for a formula."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LONGEST = 2 * 1024 * 1024  # bytes of one line
FORMULA = re.compile(r"'*[=+\-@\t\r]")
QUOTED = re.compile(r"'+[=+\-@\t\r]")


@dataclass(frozen=True)
class Line:
    """One line without its end; None when it is longer than LONGEST. `after` is the file's offset behind it."""

    text: bytes | None
    after: int


def split(pieces: Iterable[bytes], *, at: int = 0) -> Iterator[Line]:
    """The lines of a file whose pieces begin at offset `at`. A line too long is passed over, and never kept whole."""
    held, too_long = b"", False
    for piece in pieces:
        *whole, rest = (held + piece).split(b"\n")
        for text in whole:
            at += len(text) + 1
            yield Line(None if too_long or len(text) > LONGEST else text, at)
            too_long = False
        if len(rest) > LONGEST:
            at, rest, too_long = at + len(rest), b"", True
        held = rest
    if held or too_long:
        yield Line(None if too_long else held, at + len(held))


def safe(cell: str) -> str:
    """A cell that a spreadsheet shows as text: what looks like a formula gets an apostrophe (ASVS 1.2.10)."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def unsafe(cell: str) -> str:
    """The cell that `safe` was given."""
    return cell[1:] if QUOTED.match(cell) else cell
