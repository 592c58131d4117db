"""The Celery application: settings from Django, tasks found in each room's tasks.py."""

import os
import time

from celery import Celery
from celery.signals import beat_init, before_task_publish, setup_logging, worker_init
from django.core.management.base import SystemCheckError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("memhouse")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _keep_our_logging(**_: object) -> None:
    """Celery leaves logging alone when this signal has a receiver: config.logging has set it up."""


@worker_init.connect
@beat_init.connect
def _refuse_unsafe_start(**_: object) -> None:
    from config.checks import refuse_unsafe_start  # the apps are loaded by now

    try:
        refuse_unsafe_start()
    except SystemCheckError as error:
        raise SystemExit(str(error)) from None  # Celery logs any other exception of a receiver and goes on


@before_task_publish.connect
def _tell_when(headers: dict[str, object] | None = None, **_: object) -> None:
    """Messages carry no time of their own, and whoever handles one cannot tell how long it waited."""
    if headers is not None:
        headers["sent_at"] = time.time()
