"""The housekeeper's tasks. Rows are the work; these messages are hints that some is there."""

from celery import shared_task

from automation import worker


@shared_task
def work() -> None:
    worker.work()


@shared_task
def sweep() -> None:
    worker.sweep()
