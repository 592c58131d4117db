"""A task run as pages show it: how far it is, what it came to, and until when it can be taken back."""

from typing import Any

from automation import looking, runner
from automation.errors import NotUndoable, RunOver
from automation.models import TaskRun
from config.pages.actions import action, place


def one(run: TaskRun | None) -> dict[str, Any] | None:
    if run is None:
        return None
    return {
        "row": run,
        "running": run.state in TaskRun.OPEN,
        "share": _share(run),
        "counts": counts(run),
        "undo_until": _undo_until(run),
        "undone": run.undoings.filter(state=TaskRun.State.SUCCEEDED).first(),
    }


def counts(run: TaskRun) -> list[dict[str, Any]]:
    told = run.result.get("counts", {})
    return [{"action": action(name), "count": told[name]} for name in sorted(told, key=place)]


def _share(run: TaskRun) -> float:
    if run.state == TaskRun.State.SUCCEEDED:
        return 100.0
    return round(100 * run.done / run.total, 1) if run.total else 0.0


def _undo_until(run: TaskRun) -> Any:
    """The end of the window; None when nothing can be taken back."""
    try:
        runner.check_undoable(run)
    except (RunOver, NotUndoable):
        return None
    return looking.undo_until(run)
