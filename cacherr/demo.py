"""`serve --demo`: the real Cacherr on a temporary household: a stand-in Plex server and a few real files."""

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from django.conf import settings

from caching.models import CachePolicy, PathMapping
from plexusers.models import PlexServer


def start_over(host: str, port: int) -> NoReturn:
    """Become a demonstration: the same command with a temporary configuration and nothing of this machine's.

    Settings are read once at the start of a process, so this replaces the process by a new one.
    """
    directory = tempfile.mkdtemp(prefix="cacherr-demo-")
    arguments = ["serve", "--host", host, "--port", str(port), "--demo-directory", directory]
    environment = {**settings.DEMO_ENVIRONMENT, "CACHERR_CONFIG_DIR": f"{directory}/config"}
    os.execve(sys.executable, [sys.executable, "-m", "cacherr", *arguments], environment)  # noqa: S606 - ourselves


@contextmanager
def household(directory: Path) -> Iterator[None]:
    """Run the stand-in Plex server and point the settings at it; the directory goes away afterwards."""
    from plexusers.standin.demo import PLEX_PREFIX, make_demo
    from plexusers.standin.server import StandIn

    cache = directory / "cache"
    cache.mkdir(exist_ok=True)
    try:
        with StandIn(make_demo(directory)) as plex:
            PlexServer(plex_url=plex.url, plex_token=plex.household.owner.token).save()
            CachePolicy(minimum_hold_hours=0, min_free_space="").save()
            PathMapping.objects.update_or_create(
                name="Demonstration",
                defaults={
                    "plex_prefix": PLEX_PREFIX,
                    "array_root": str(directory / "array"),
                    "cache_root": str(cache),
                },
            )
            yield
    finally:
        # Celery's idle threads look up only every few seconds and would complain about the queue that is gone.
        logging.disable()
        shutil.rmtree(directory, ignore_errors=True)
