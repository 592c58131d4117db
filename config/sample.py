"""A believable handful of memories for the first run's demo tenant."""

from datetime import UTC, datetime

from memory.types import Draft, Scope

MAYA = Scope(user_id="maya", agent_id="trail-guide", session_id="spring-trip")
TOM = Scope(user_id="tom", agent_id="trail-guide")
SHOP = Scope(namespace="support", agent_id="help-desk")


def _said(scope: Scope, author: str, content: str, day: tuple[int, int, int], **more: object) -> Draft:
    at = datetime(*day, 10, 0, tzinfo=UTC)
    return Draft(content=content, scope=scope, author=author, event_time=at, **more)  # type: ignore[arg-type]


DRAFTS = [
    _said(MAYA, "Maya", "I'm planning a four-day hike on the West Highland Way in May.", (2026, 3, 2), kind="goal", tags=("trip", "hiking"), role="user"),
    _said(MAYA, "trail-guide", "Do you want to carry a tent or sleep in bunkhouses?", (2026, 3, 2), kind="message", role="assistant"),
    _said(MAYA, "Maya", "Bunkhouses please, my knee does not like a heavy pack since the surgery.", (2026, 3, 2), kind="preference", tags=("health", "lodging"), role="user"),
    _said(MAYA, "Maya", "My sister Ines comes along, and she eats no meat and no fish.", (2026, 3, 2), kind="fact", people=("Ines",), tags=("food",), role="user"),
    _said(MAYA, "Maya", "We booked the train to Milngavie for the ninth of May, leaving at 8:14.", (2026, 3, 19), kind="event", tags=("trip", "travel"), role="user"),
    _said(MAYA, "Maya", "The boots I bought last year leak at the toe.", (2026, 3, 19), kind="fact", tags=("gear",), role="user"),
    _said(TOM, "Tom", "I only run on trails, never on tarmac.", (2026, 2, 11), kind="preference", tags=("running",), role="user"),
    _said(TOM, "Tom", "Every Tuesday and Friday I'm out before breakfast with the dog, Biscuit.", (2026, 2, 11), kind="habit", people=("Biscuit",), tags=("running",), role="user"),
    _said(TOM, "Tom", "I want to finish the Ben Nevis race under two and a half hours.", (2026, 2, 25), kind="goal", tags=("running", "race"), role="user", importance=0.9),
    _said(TOM, "Tom", "My budget for new shoes is a hundred and forty pounds.", (2026, 4, 1), kind="fact", tags=("gear", "money"), role="user"),
    _said(SHOP, "help-desk", "Returns are free for sixty days when the soles are unworn.", (2026, 1, 5), kind="fact", tags=("policy",), role="system", topic="returns"),
    _said(SHOP, "help-desk", "The Glasgow store closes at seven, and at nine on Thursdays.", (2026, 1, 5), kind="fact", tags=("opening",), role="system", topic="stores"),
]  # fmt: skip
