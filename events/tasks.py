"""The relay's task: poked after commit, ticked each second."""

from celery import shared_task

from events import relay as relay_room


@shared_task
def relay() -> None:
    relay_room.drain()
