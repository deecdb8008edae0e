"""Doors for Celery."""

from celery import shared_task

from plexusers import discovery


@shared_task
def look_at_users() -> None:
    """The schedule's look at who belongs to the server, whenever the last one was."""
    discovery.keep_up(force=True)
