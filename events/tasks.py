"""The relay's task, poked after commit and ticked each second; and the nightly check of the chains."""

from celery import shared_task

from events import actors, nightly
from events import relay as relay_room
from events.webhooks import deliveries, worker


@shared_task
def relay() -> None:
    relay_room.drain()


@shared_task
def check_chains() -> None:
    with actors.acting_as("task:events.tasks.check_chains"):
        nightly.run()


@shared_task
def deliver() -> None:
    with actors.acting_as("task:events.tasks.deliver"):
        worker.work()


@shared_task
def sweep_deliveries() -> None:
    deliveries.sweep()
