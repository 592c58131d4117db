"""What can be wrong with a question to the study.

StudyError
└── BadQuery   a metric, a grouping or a span that nobody can answer; carries a pointer
"""


class StudyError(Exception):
    pass


class BadQuery(StudyError):
    """`pointer` is the JSON pointer of the offending field."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(f"{pointer} {detail}")
        self.pointer, self.detail = pointer, detail
