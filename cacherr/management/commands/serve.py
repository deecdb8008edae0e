"""`serve`: everything in one process."""

import argparse
import os
import signal
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from cacherr import celery
from cacherr.accounts import ensure_admin, exists
from cacherr.commands import CacherrCommand
from caching import beginning, cycle, lock, mappings, scheduling


class Command(CacherrCommand):
    """Migrates, then serves pages and runs worker and beat until it is stopped."""

    help = "Run Cacherr: web, worker and beat in one process. --demo shows it with a stand-in Plex server."
    demo_directory: Path | None = None

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen, and whether to demonstrate."""
        super().add_arguments(parser)
        parser.add_argument("--host", default=settings.CACHERR_HOST, help="address to listen on (default %(default)s)")
        parser.add_argument("--port", type=int, default=settings.CACHERR_PORT, help="port (default %(default)s)")
        parser.add_argument(
            "--demo", action="store_true", help="with a stand-in Plex server and a small library of real files"
        )
        parser.add_argument("--demo-directory", type=Path, help=argparse.SUPPRESS)
        parser.add_argument("--demo-socket", type=int, help=argparse.SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        """A demonstration leaves before this machine's own settings and database are looked at."""
        if options["demo"]:
            from cacherr import demo

            demo.start_over(options["host"], options["port"])
        super().handle(*args, **options)

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:
        """Serve until stopped."""
        # From here on SIGTERM ends like Ctrl-C: what was begun is put away.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            self._serve(**options)
        except KeyboardInterrupt:
            pass  # stopped before everything was up
        if not cycle.wait_until_idle(0) or any(
            thread is not threading.main_thread() and not thread.daemon for thread in threading.enumerate()
        ):
            # A thread is still waiting for somebody's answer, and Python would wait for it. All of ours is put away.
            os._exit(0)
        return {"success": True}, 0

    def _serve(
        self, *, host: str, port: int, demo_directory: Path | None, demo_socket: int | None, **_: object
    ) -> None:
        from cacherr import demo, supervisor

        with ExitStack() as stack:
            stack.enter_context(lock.held("serve"))
            main = supervisor.Supervisor(host, port, self._ready)
            if demo_directory and demo_socket is not None:
                stack.enter_context(demo.household(demo_directory, demo_socket))
                cycle.request("demonstration")
            celery.make_broker_directories()
            mappings.in_force()
            beginning.first_start()
            scheduling.follow_time_zone()
            main.run()

    def _ready(self, url: str) -> None:
        """The address answers. Making a password takes half a second: nobody waits for that."""
        login = ensure_admin(make_up=beginning.is_set_up())
        line = f"Sign in as {login}" if login else "" if exists() else f"Set it up at {url}/setup/"
        self.stderr.write(f"Cacherr is ready: {url}\n{line}".rstrip())

    def tell(self, report: dict[str, Any]) -> None:
        """Nothing more to say."""
