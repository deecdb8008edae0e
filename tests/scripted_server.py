"""A small real HTTP server that answers what a test tells it to, and remembers what it was asked."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers by the server's script: the first entry for the first request, the last one for ever after."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        script = self.server.script
        self.server.seen.append((self.path, dict(self.headers.items()), time.monotonic()))
        answer = script.pop(0) if len(script) > 1 else script[0]
        answer(self)

    do_POST = do_GET  # noqa: N815 - named by http.server

    def log_message(self, *_: Any) -> None: ...


class Server(ThreadingHTTPServer):
    """A server on a free port of this machine."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list[Answer] = [answer(b"fine")]
        self.seen: list[tuple[str, dict[str, str], float]] = []

    def handle_error(self, *_: Any) -> None:
        """Clients hang up in the middle here: that is what is tried."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _, _ in self.seen]


def answer(body: bytes = b"", status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    def send(to: Handler) -> None:
        to.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            to.send_header(name, value)
        to.end_headers()
        to.wfile.write(body)

    return send


@contextmanager
def running(*script: Answer) -> Iterator[Server]:
    """A server with this script until the block ends."""
    server = Server()
    server.script = list(script) or server.script
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
