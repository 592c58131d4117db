"""Tasks: those of a user, where each stands, what runs, waits and is scheduled. They are runs of the house."""

from django.db.models import Count, QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api import errands
from api.dialects.hippocampai.presenters import automation as present
from api.dialects.hippocampai.serializers import automation as words
from api.dialects.hippocampai.views.base import HippocampView, key
from api.native.users import TaskWords
from automation import asked, looking, manager, policies, registry, runner
from automation.errors import BadPolicy, RunOver
from automation.models import Policy, TaskRun, Timer

SHOWN = 100  # tasks of an inspection


def found(task_id: str) -> TaskRun:
    """Any run of the tenant is a task. Raises NotFound."""
    run = looking.one(key(task_id))
    if run is None:
        raise NotFound
    return run


class UserTasks(HippocampView):
    """Tasks of a user: submit one, list them, newest first."""

    operations = {"GET": "runs.read", "POST": "runs.start"}
    heard, asked = words.TaskHeard, words.TasksAsked
    told = {"POST": words.SubmittedTold, "GET": TaskWords(many=True)}

    def post(self, request: Request, user_id: str) -> Response:
        said = self.hear(request)
        run = manager.submit(
            user_id,
            said["task_type"],
            said["priority"],
            said.get("metadata", {}),
            at_once=not said["async_execution"],
        )
        return self.answer(present.submitted(run.pk, f"Task {said['task_type']}"))

    def get(self, request: Request, user_id: str) -> Response:
        wish = self.ask(request)
        rows = manager.of_user(user_id, wish.get("status")).order_by("-id")[: wish["limit"]]
        return self.answer([present.task(run) for run in manager.with_parts(rows)])


class TaskStatus(HippocampView):
    """Where a task stands, and what came of it."""

    operations = {"GET": "memories.read"}  # of a task that recalls it tells what was found
    told = {"GET": words.TaskStatusTold}

    def get(self, request: Request, task_id: str) -> Response:
        if errand := errands.find(self.speaker.tenant.pk, key(task_id)):
            return self.answer(present.done(task_id, errand.answer))
        return self.answer(present.status(found(task_id)))


class CancelTask(HippocampView):
    """Cancel a task that is not over; what it has done stays."""

    operations = {"POST": "runs.start"}
    told = {"POST": words.CancelledTold}

    def post(self, request: Request, task_id: str) -> Response:
        if errands.find(self.speaker.tenant.pk, key(task_id)):
            return self.answer(present.over(task_id, "SUCCESS"))
        run = found(task_id)
        try:
            return self.answer(present.cancelled(runner.cancel(run.pk) or run, done=True))
        except RunOver:
            run.refresh_from_db()
            return self.answer(present.cancelled(run, done=False))


class Inspect(HippocampView):
    """What runs and waits, which tasks there are, and how many runs ended how."""

    operations = {"GET": "runs.read"}
    told = {"GET": words.InspectedTold}

    def get(self, request: Request) -> Response:
        rows = looking.here()
        counts = dict(rows.order_by().values_list("state").annotate(count=Count("id")))
        return self.answer(
            {
                "active_tasks": {present.HOUSE: _lines(rows.filter(state=TaskRun.State.RUNNING))},
                "scheduled_tasks": {present.HOUSE: _lines(rows.filter(state=TaskRun.State.PENDING))},
                "registered_tasks": {present.HOUSE: list(registry.JOBS)},
                "stats": {present.HOUSE: {"total": counts}},
            }
        )


def _lines(rows: QuerySet[TaskRun]) -> list[dict[str, object]]:
    return [present.running(run) for run in rows.order_by("-id")[:SHOWN]]


class Queues(HippocampView):
    """How many tasks wait, by priority."""

    operations = {"GET": "runs.read"}
    told = {"GET": words.QueuesTold}

    def get(self, request: Request) -> Response:
        return self.answer(present.queues(looking.lanes(looking.here())))


class Scheduled(HippocampView):
    """What policies have scheduled by the clock, by name."""

    operations = {"GET": "policies.read"}
    told = {"GET": words.ScheduledTold}

    def get(self, request: Request) -> Response:
        timers = Timer.objects.filter(policy__in=policies.rows(), by=Timer.By.CLOCK).select_related("policy")
        return self.answer(present.scheduled(timers.order_by("pk")))


class RunScheduled(HippocampView):
    """Run what is scheduled under this name now."""

    operations = {"POST": "policies.manage"}
    told = {"POST": words.SubmittedTold}

    def post(self, request: Request, task_name: str) -> Response:
        job, _, name = task_name.partition("-")
        try:
            (run,) = asked.run(_policy(name), job)
        except BadPolicy:
            raise NotFound from None
        return self.answer(present.submitted(run.pk, f"Scheduled task '{task_name}' triggered manually,"))


def _policy(name: str) -> Policy:
    policy = policies.find(key(name))
    if policy is None:
        raise NotFound
    return policy
