"""`serve --demo`: the real Cacherr on a temporary household: a stand-in Plex server and a few real files."""

import logging
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from django.conf import settings

from caching import beginning
from caching.models import CachePolicy, PathMapping
from plexusers.models import PlexServer, PlexUser, UserKind, WatchPolicy

if TYPE_CHECKING:
    from plexusers.standin import StandIn

LOOPBACK = "127.0.0.1"


def start_over(host: str, port: int) -> NoReturn:
    """Become a demonstration: the same command with a temporary configuration and nothing of this machine's.

    Settings are read once at the start of a process, so this replaces the process by a new one. The stand-in server
    speaks for plex.tv too, so its address is among them: its socket listens from here on and is handed on.
    """
    listening = socket.create_server((LOOPBACK, 0))
    listening.set_inheritable(True)
    directory = tempfile.mkdtemp(prefix="cacherr-demo-")
    arguments = ["serve", "--host", host, "--port", str(port), "--demo-directory", directory]
    arguments += ["--demo-socket", str(listening.fileno())]
    environment = {
        **settings.DEMO_ENVIRONMENT,
        "CACHERR_CONFIG_DIR": f"{directory}/config",
        "CACHERR_OUTBOUND_GATEWAY": f"http://{LOOPBACK}:{listening.getsockname()[1]}",
    }
    os.execve(sys.executable, [sys.executable, "-m", "cacherr", *arguments], environment)  # noqa: S606 - ourselves


@contextmanager
def household(directory: Path, listening: int) -> Iterator[None]:
    """Run the stand-in Plex server on that socket, with people who watch, and point the settings at it.

    The directory goes away afterwards.
    """
    from plexusers.standin.demo import make_demo, viewers
    from plexusers.standin.pastime import Pastime
    from plexusers.standin.server import StandIn

    ready = socket.socket(fileno=listening)
    ready.set_inheritable(False)
    (directory / "cache").mkdir(exist_ok=True)
    try:
        with StandIn(make_demo(directory), listening=ready) as plex, Pastime(viewers(plex.household)):
            _settle_in(directory, plex)
            yield
    finally:
        # Celery's idle threads look up only every few seconds and would complain about the queue that is gone.
        logging.disable()
        shutil.rmtree(directory, ignore_errors=True)


def _settle_in(directory: Path, plex: "StandIn") -> None:
    """Settings as somebody would enter them, but impatient, so that something is to be seen soon."""
    from plexusers.standin.demo import PLEX_PREFIX

    beginning.finish()
    PlexServer(plex_url=plex.url, plex_token=plex.household.owner.token).save()
    for account in plex.household.accounts.values():
        if account.pin:
            known = {"kind": UserKind.HOME, "title": account.title, "managed": account.managed, "pin": account.pin}
            PlexUser.objects.update_or_create(plex_id=account.plex_id, defaults=known)
    CachePolicy(minimum_hold_hours=0, min_free_space="").save()
    WatchPolicy(watched_grace_hours=0, session_seconds=5, plextv_interval_ms=50, plextv_per_minute=0).save()
    PathMapping.objects.update_or_create(
        name="Demonstration",
        defaults={
            "plex_prefix": PLEX_PREFIX,
            "array_root": str(directory / "array"),
            "cache_root": str(directory / "cache"),
        },
    )
