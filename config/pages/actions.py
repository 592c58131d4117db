"""What a job does to a memory, in words and in one colour each: for the pages that show plans, runs and policies."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Action:
    """`says` ends the sentence "42 memories …"; `one` ends "1 memory …"; `tone` is a class of console.css."""

    name: str
    label: str
    says: str
    one: str
    tone: str


_TOLD = {
    "keep": ("kept", "stay as they are", "stays as it is"),
    "decay": ("decayed", "fade a little", "fades a little"),
    "silence": ("silenced", "fall silent", "falls silent"),
    "compress": ("compressed", "fall silent and shrink to one sentence", "falls silent and shrinks to one sentence"),
    "delete": ("deleted", "are deleted", "is deleted"),
    "summarize": ("summarized", "are told in a summary", "is told in a summary"),
    "consolidate": ("consolidated", "become lasting facts", "becomes a lasting fact"),
    "supersede": ("superseded", "end, as something newer holds", "ends, as something newer holds"),
    "merge": ("merged", "are merged into their twins", "is merged into its twin"),
    "review": ("to review", "wait for somebody to decide", "waits for somebody to decide"),
    "archive": ("archived", "go to cold storage", "goes to cold storage"),
    "purge": ("erased", "are erased for good", "is erased for good"),
    "expire": ("expired", "are over", "is over"),
    "embed": ("embedded", "get a new vector", "gets a new vector"),
    "rescore": ("rescored", "get a new importance", "gets a new importance"),
    "create": ("new", "are made anew", "is made anew"),
    "update": ("strengthened", "are strengthened", "is strengthened"),
    "cluster": ("grouped", "are grouped with others", "is grouped with others"),
    "sample": ("looked at", "are looked at for what they share", "is looked at for what it shares"),
    "known": ("known", "say what is known already", "says what is known already"),
    "reject": ("left out", "are left out", "is left out"),
    "resolve": ("resolved", "give way to what holds", "gives way to what holds"),
    "withdraw": ("settled", "need no decision any more", "needs no decision any more"),
    "report": ("reported", "are told in a report", "is told in a report"),
    "evaluate": ("evaluated", "say how well questions are answered", "says how well questions are answered"),
}
ORDER = list(_TOLD)


def action(name: str) -> Action:
    """One that is not known here is said as it is called, in grey."""
    told = _TOLD.get(name)
    label, says, one = told or (name.replace("_", " "), f"come to “{name}”", f"comes to “{name}”")
    return Action(name, label, says, one, f"mh-act-{name if told else 'other'}")


def place(name: str) -> tuple[int, str]:
    """Where an action stands among others: the mildest first."""
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)
