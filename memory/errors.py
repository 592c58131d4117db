"""What can be wrong with a request to the library.

LibraryError
├── BadFilter             the filter language does not know a field, an operator or a value; carries a pointer
├── BadPart               carries a pointer
│   ├── BadTime           time words or a time zone that nobody understands
│   ├── BadDecision       a decision that a review of this kind does not know
│   ├── BadOption         a job does not know an option, or its value is out of bounds
│   └── BadVector         a vector that cannot be compared: wrong dimension, not finite, or zero
├── OutsideNamespaces     something would be written where who acts may not; carries the namespace
├── NoMemory              what a relation would join, or what others shall be like, is no live memory of this tenant
├── Contended             the same words are being stored and deleted by others all the time; try again
├── NotStored             items that cannot be stored, by their place, with the reason of each
├── VersionConflict       a memory is not in the version that was expected; carries the one that it is in
├── EmbedderUnavailable   no vectors now: the embedder does not answer, or answers what cannot be used
├── ReviewRefused         a review is decided already, or what it is about was changed since
├── ReembedRefused        the change of the embedding model is not where this step can be taken
├── Erased                whom it names was erased: not written of by work that began before, or by any
├── Held                  a legal hold stands on what would be erased for good; carries how many memories and holds
├── TooManyRules          a tenant has as many retention rules as it may
├── QualityWouldFall      the saved questions would be answered worse; carries how much, and which
├── Unconfirmed           much would be erased, and the count confirmed is not what it is; carries the true count
└── Unreadable            what is kept outside the tables is missing, was tampered with, or its key is not known
"""

from memory.algorithms.judging import Against


class LibraryError(Exception):
    pass


class BadFilter(LibraryError):
    """`pointer` is the JSON pointer of the offending part, below `/filters`."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail)
        self.pointer = pointer
        self.detail = detail


class BadPart(LibraryError):
    """`pointer` is the JSON pointer of the offending field."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail)
        self.pointer = pointer
        self.detail = detail


class BadTime(BadPart):
    pass


class BadVector(BadPart):
    pass


class BadOption(BadPart):
    pass


class BadDecision(BadPart):
    pass


class OutsideNamespaces(LibraryError):
    def __init__(self, namespace: str) -> None:
        super().__init__(f"{namespace} is not a namespace of this key")
        self.namespace = namespace


class NoMemory(LibraryError):
    def __init__(self, *ends: str) -> None:
        super().__init__(", ".join(ends))
        self.ends = ends


class Unconfirmed(LibraryError):
    def __init__(self, count: int) -> None:
        super().__init__(str(count))
        self.count = count


class Erased(LibraryError):
    pass


class Held(LibraryError):
    """`memories` are how many of those that would go are held; `holds` the ids of what holds them."""

    def __init__(self, memories: int, holds: list[str]) -> None:
        super().__init__(f"{memories} of its memories are under a legal hold")
        self.memories = memories
        self.holds = holds


class TooManyRules(LibraryError):
    def __init__(self, most: int) -> None:
        super().__init__(f"there are {most} rules already")


class Contended(LibraryError):
    pass


class NotStored(LibraryError):
    def __init__(self, reasons: dict[int, str]) -> None:
        super().__init__("; ".join(f"{index}: {reason}" for index, reason in reasons.items()))
        self.reasons = reasons


class VersionConflict(LibraryError):
    def __init__(self, version: int) -> None:
        super().__init__(f"the memory is in version {version}")
        self.version = version


class EmbedderUnavailable(LibraryError):
    pass


class ReviewRefused(LibraryError):
    pass


class ReembedRefused(LibraryError):
    pass


class Unreadable(LibraryError):
    pass


class QualityWouldFall(LibraryError):
    """The saved questions would be answered worse; `worse` are the ids of those, those that lose most first."""

    def __init__(self, against: Against, worse: list[str]) -> None:
        fell = f"recall from {against.recall_was:.3f} to {against.recall:.3f}, MRR from {against.mrr_was:.3f}"
        super().__init__(f"{fell} to {against.mrr:.3f}")
        self.against = against
        self.worse = worse
