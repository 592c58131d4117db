"""What changed between two texts, word by word."""

import re
from difflib import SequenceMatcher

LONGEST = 20_000  # words of both texts together; beyond, the comparison would take seconds


def words(before: str, after: str) -> list[dict[str, str]]:
    """Runs `{"op": "equal" | "delete" | "insert", "text": …}`.

    The texts of equal and delete are `before`, those of equal and insert are `after`, character for character.
    """
    old, new = re.findall(r"\s+|\S+", before), re.findall(r"\s+|\S+", after)
    if len(old) + len(new) > LONGEST:
        return _runs([("delete", before), ("insert", after)])
    runs: list[tuple[str, str]] = []
    for op, i, j, k, n in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if op == "equal":
            runs.append(("equal", "".join(old[i:j])))
        else:
            runs += [("delete", "".join(old[i:j])), ("insert", "".join(new[k:n]))]
    return _runs(runs)


def _runs(runs: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"op": op, "text": text} for op, text in runs if text]
