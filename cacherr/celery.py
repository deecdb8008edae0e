"""The Celery application. Its schedule is rows of django-celery-beat, made by a migration."""

import os
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_postrun, task_prerun, worker_ready, worker_shutting_down
from django.conf import settings
from django.db import close_old_connections

from cacherr import broker, liveness

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cacherr.settings")

broker.register()
app = Celery("cacherr")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_logging(**_: Any) -> None:
    """Leave logging as the settings have it; a receiver keeps Celery from setting up its own."""


@task_prerun.connect
@task_postrun.connect
def close_connections(**_: Any) -> None:
    """Close used-up database connections: in a worker thread nobody else does."""
    close_old_connections()


@worker_ready.connect
def watch(**_: Any) -> None:
    """What plays is watched beside the worker; the end of the process ends that as well."""
    from caching.watching import Watcher

    Watcher().start()


@worker_shutting_down.connect
def stop_copies(**_: Any) -> None:
    """A copy of hours must not hold up the end of a worker: it undoes itself and is made again later."""
    from caching import stopping

    stopping.request()


def make_broker_directories() -> None:
    """The directories of the embedded queue."""
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    for name in ("data_folder_in", "control_folder"):
        if name in options:
            Path(options[name]).mkdir(mode=0o700, parents=True, exist_ok=True)


liveness.install(Path(settings.CACHERR_LIVENESS_PATH) if settings.CACHERR_LIVENESS_PATH else None)
