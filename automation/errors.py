"""What can be wrong with a request to the housekeeper.

AutomationError
├── UnknownTask    HippocampAI has no type of task of this name
├── UnknownJob     no job of the catalogue has this name
├── BadPolicy      carries a pointer
├── PolicyThere    a policy for this scope is there already
├── RunOver        the run is over, so it cannot be cancelled; or it is not, so it cannot be retried or undone
└── NotUndoable    what it did cannot be taken back: another kind of job, undone already, or the window is over
"""


class AutomationError(Exception):
    pass


class UnknownJob(AutomationError):
    def __init__(self, name: str) -> None:
        super().__init__(f"there is no job {name!r:.60}")


class UnknownTask(AutomationError, ValueError):
    def __init__(self, name: str) -> None:
        super().__init__(f"Unknown task type: {name:.60}")


class BadPolicy(AutomationError):
    """`pointer` is the JSON pointer of the offending field."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(f"{pointer} {detail}".lstrip())
        self.pointer = pointer
        self.detail = detail


class PolicyThere(AutomationError):
    pass


class RunOver(AutomationError):
    pass


class NotUndoable(AutomationError):
    pass
