"""What can be wrong with a request to the study.

StudyError
├── BadQuery    a metric, a grouping or a span that nobody can answer; carries a pointer
├── BadLesson   carries a pointer, and its place among many
├── NoLesson    feedback names no event: no such id, or nothing of that session waits for any
├── Decided     a suggestion is accepted, rejected or withdrawn already
├── NoTrace     feedback names a trace that is not there, or is of no recall
└── CannotReplay  the question of a trace is not known well enough to ask it again
"""


class StudyError(Exception):
    pass


class BadQuery(StudyError):
    """`pointer` is the JSON pointer of the offending field."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(f"{pointer} {detail}")
        self.pointer, self.detail = pointer, detail


class BadLesson(StudyError):
    """`pointer` is the JSON pointer of the offending field, `at` the place of its event among many, None for one."""

    def __init__(self, pointer: str, detail: str, at: int | None = None) -> None:
        super().__init__(f"{pointer} {detail}")
        self.pointer, self.detail, self.at = pointer, detail, at


class NoLesson(StudyError):
    pass


class Decided(StudyError):
    pass


class NoTrace(StudyError):
    pass


class CannotReplay(StudyError):
    pass
