"""What changed between two texts, word by word."""

import re
from collections import Counter
from difflib import SequenceMatcher

WORDS, LINES = re.compile(r"\S+\s*|\s+"), re.compile(r"[^\n]*\n|[^\n]+")
# Pairs of equal words that a comparison looks at; beyond, it would take seconds, and lines are compared in their place.
PAIRS = 200_000


def words(before: str, after: str) -> list[dict[str, str]]:
    """Runs `{"op": "equal" | "delete" | "insert", "text": …}`.

    The texts of equal and delete are `before`, those of equal and insert are `after`, character for character.
    """
    for pieces in (WORDS, LINES):
        old, new = pieces.findall(before), pieces.findall(after)
        if _pairs(old, new) <= PAIRS:
            return _runs(_compared(old, new))
    return _runs([("delete", before), ("insert", after)])


def _pairs(old: list[str], new: list[str]) -> int:
    there = Counter(new)
    return sum(count * there[piece] for piece, count in Counter(old).items())


def _compared(old: list[str], new: list[str]) -> list[tuple[str, str]]:
    runs: list[tuple[str, str]] = []
    for op, i, j, k, n in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if op == "equal":
            runs.append(("equal", "".join(old[i:j])))
        else:
            runs += [("delete", "".join(old[i:j])), ("insert", "".join(new[k:n]))]
    return runs


def _runs(runs: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"op": op, "text": text} for op, text in runs if text]
