"""The text of a memory as the embedder reads it."""

from datetime import datetime

BEFORE_CHARACTERS = 200  # of what was said before: enough to know what "yes, I loved it" answers


def embedded_text(content: str, who: str, at: datetime, before: tuple[str, str] | None = None) -> str:
    """`who (8 May 2023): content (after speaker: what they said just before in the same session)`.

    Speaker and date are worth 20 points of recall over bare text. `before`, who spoke last and the words, is worth one
    to three more: an answer alone does not say what it answers.
    """
    day = f"{at.day} {at:%B %Y}"
    said = f"{who} ({day}): {content}" if who else f"({day}): {content}"
    if not before:
        return said
    speaker, words = before
    return f"{said} (after {speaker or 'somebody'}: {words[:BEFORE_CHARACTERS]})"
