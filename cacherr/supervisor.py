"""The one-process mode: web server in the main thread, Celery's worker, beat and the watcher in threads beside it.

One process needs a third of the memory of three and stops within a second. What it takes: uvicorn raises a caught
signal again after serving, so `serve` lets SIGTERM raise KeyboardInterrupt; a worker in a thread never gets
Celery's own signals, so stopping is asked of it directly; events go through the web server's loop.
"""

import asyncio
import logging
import socket
import threading
from collections.abc import Callable

import uvicorn

from cacherr import celery, politeness
from cacherr.errors import ConfigurationError
from caching import cycle, events, nudge, stopping
from caching.watching import Watcher

log = logging.getLogger(__name__)

WORKER_THREADS = 2
STOP_SECONDS = 2.0
RESTART_SECONDS = 1.0


class Supervisor:
    """Starts everything, and ends everything."""

    def __init__(self, host: str, port: int, on_ready: Callable[[str], None]) -> None:
        """`on_ready` is called in a thread once the address answers, with the address."""
        self.on_ready = on_ready
        self.socket = _listen(host, port)
        self.host, self.port = host, self.socket.getsockname()[1]
        self.workers: list[Background] = []
        self.watcher = Watcher()

    @property
    def url(self) -> str:
        """The address that a person on this machine opens."""
        host = "localhost" if self.host in {"0.0.0.0", "::", "127.0.0.1"} else self.host  # noqa: S104 - compared only
        return f"http://{host}:{self.port}"

    def run(self) -> None:
        """Serve until SIGINT or SIGTERM."""
        try:
            asyncio.run(self._serve())
        except KeyboardInterrupt:
            pass  # the ordinary end
        finally:
            self._stop()

    async def _serve(self) -> None:
        events.attach(asyncio.get_running_loop())
        config = uvicorn.Config(
            "cacherr.asgi:application", lifespan="off", log_config=None, access_log=False, ws="websockets-sansio",
            timeout_graceful_shutdown=1, server_header=False, proxy_headers=False,
        )  # fmt: skip
        server = _Server(config, self._ready)
        await server.serve(sockets=[self.socket])

    def _ready(self) -> None:
        self.workers = [_worker(), _beat()]
        self.watcher.start()
        nudge.tend()
        threading.Thread(target=self.on_ready, args=(self.url,), name="ready", daemon=True).start()

    def _stop(self) -> None:
        stopping.request()
        for worker in reversed(self.workers):
            worker.stop()
        self.watcher.stop()
        # Only files matter now. The idle threads look up every few seconds and end with the process.
        if not cycle.wait_until_idle(STOP_SECONDS):
            cycle.abandon()
        politeness.SHARED.write_down()
        self.socket.close()


class _Server(uvicorn.Server):
    """Tells when it answers, and that the process ends before it waits for sockets to close."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then say so."""
        await super().startup(sockets=sockets)
        if self.started:
            self.ready()

    def handle_exit(self, sig: int, frame: object) -> None:
        """Copies begin to undo themselves at the first sign of the end."""
        stopping.request()
        super().handle_exit(sig, frame)  # type: ignore[arg-type]


class Background:
    """A part of Celery in a thread of its own: made there too, since it closes database connections on the way."""

    def __init__(self, name: str, serve: Callable[[], None], stop: Callable[[], None]) -> None:
        self.stop = stop
        self.thread = threading.Thread(target=self._run, args=(serve,), name=name, daemon=True)
        self.thread.start()

    def _run(self, serve: Callable[[], None]) -> None:
        """Serve until the process ends: a part that ended by itself, whatever the reason, is begun again."""
        while True:
            try:
                serve()
            except SystemExit:
                pass  # Celery's way to end a worker
            except Exception:  # whatever it was, Cacherr without worker or beat would wait for ever
                log.exception("The %s came to an unexpected end.", self.thread.name)
            if stopping.wait(RESTART_SECONDS):
                return
            log.warning("The %s ended by itself and is started again.", self.thread.name)


def _worker() -> Background:
    def serve() -> None:
        controller = celery.app.WorkController(
            pool="threads", concurrency=WORKER_THREADS, loglevel="WARNING", hostname="embedded@cacherr",
            without_heartbeat=True, without_mingle=True, without_gossip=True,
        )  # fmt: skip
        controller.start()

    def stop() -> None:
        from celery.worker import state

        state.should_stop = 0  # type: ignore[assignment]

    return Background("worker", serve, stop)


def _beat() -> Background:
    from celery.beat import Service

    from cacherr.beat import Scheduler

    services: list[Service] = []

    def serve() -> None:
        services[:] = [Service(celery.app, scheduler_cls=Scheduler)]
        services[0].start()

    def stop() -> None:
        for service in services:
            service.stop()

    return Background("beat", serve, stop)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        reason = error.strerror if isinstance(error, OSError) else "a port is a number from 0 to 65535"
        raise ConfigurationError(
            f"Cacherr cannot listen on {host}:{port} ({reason}).", "Choose another port with --port."
        ) from error
    listener.set_inheritable(True)
    return listener
