"""Recalled text as quoted data in a prompt, and how to know it again when it comes back."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

OPEN, CLOSE = "<memhouse:context>", "</memhouse:context>"
GUARD, UNGUARD = "<memhouse:untrusted>", "</memhouse:untrusted>"
# Invisible, and read by models all the same: controls, bidirectional marks, tags, zero width spaces, separators.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_JOINERS = "[\u200c\u200d\ufe00-\ufe0f\\s]*"
FORGED = re.compile(
    "[<\uff1c\ufe64](?=" + _JOINERS + "[/\uff0f]?" + _JOINERS + _JOINERS.join("memhouse") + ")", re.IGNORECASE
)
ITEM = re.compile(r"^[ \t]*> \[[^\]\n]*\] (.*)$")
MORE = re.compile(r"^[ \t]*>  (.*)$")


@dataclass(frozen=True)
class Quote:
    """Lines `first` to `last` of a text that look like one memory of ours, and what it says."""

    first: int
    last: int
    said: str


def visible(text: str) -> str:
    """Text in which what cannot be seen is shown as `\\u200b`, and no marker of ours can be read."""
    shown = HIDDEN.sub(lambda met: f"\\u{ord(met.group()):04x}", text.replace("\r\n", "\n"))
    return FORGED.sub("‹", shown)


def inline(text: str) -> str:
    """A name inside the brackets of a quote: visible, on one line, and unable to close them."""
    return " ".join(visible(text).replace("[", "(").replace("]", ")").split())


def quote(text: str, lead: str) -> str:
    """One memory in a prompt: `> [lead] text`; its further lines begin with `>` and two spaces. No newline ends it."""
    return f"> [{lead}] " + text.replace("\n", "\n>  ")


def without_context(text: str) -> str:
    """The text without the context blocks that we handed out; the same object when it holds none.

    A block goes from its opening to its closing marker. One that was cut off before its closing marker ends where a
    line is none of ours: not quoted, no heading, not empty.
    """
    if OPEN not in text:
        return text
    kept: list[str] = []
    at = 0
    while (start := text.find(OPEN, at)) >= 0:
        kept.append(text[at:start])
        end = text.find(CLOSE, start)
        at = end + len(CLOSE) if end >= 0 else _end_of_ours(text, start)
    return "".join([*kept, text[at:]]).strip()


def _end_of_ours(text: str, start: int) -> int:
    """Where a block without its closing marker ends."""
    at = text.find("\n", start)
    while at >= 0:
        end = text.find("\n", at + 1)
        line = text[at + 1 : end if end >= 0 else len(text)].strip()
        if line and not line.startswith((">", "## ", GUARD, UNGUARD)):
            return at + 1
        at = end
    return len(text)


def quotes(text: str) -> list[Quote]:
    """The passages of a text that are written as our prompts write a memory, with or without the block around them."""
    return list(_quotes(text.split("\n"))) if ">" in text else []


def _quotes(lines: list[str]) -> Iterator[Quote]:
    first, said = -1, [""]
    for number, line in enumerate([*lines, ""]):
        if first >= 0 and (more := MORE.match(line)):
            said.append(more[1])
            continue
        if first >= 0:
            yield Quote(first, number - 1, "\n".join(said))
        item = ITEM.match(line)
        first, said = (number, [item[1]]) if item else (-1, [""])


def without(text: str, found: list[Quote]) -> str:
    """The text without the lines of these quotes, trimmed."""
    gone = {number for quote in found for number in range(quote.first, quote.last + 1)}
    return "\n".join(line for number, line in enumerate(text.split("\n")) if number not in gone).strip()
