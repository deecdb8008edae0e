"""A reverse proxy as many homes have one: it forwards pages, but not sockets."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

BUFFER = 65536


@contextmanager
def proxy_without_sockets(target_port: int) -> Iterator[int]:
    """The port of a proxy in front of `target_port` on this machine that hangs up on every WebSocket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, target_port), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, target_port: int) -> None:
    while True:
        try:
            browser, _ = listener.accept()
        except OSError:
            return  # the test is over
        threading.Thread(target=_serve, args=(browser, target_port), daemon=True).start()


def _serve(browser: socket.socket, target_port: int) -> None:
    with browser:
        beginning = browser.recv(BUFFER)
        if not beginning or b"upgrade: websocket" in beginning.lower():
            return
        with socket.create_connection(("127.0.0.1", target_port)) as server:
            server.sendall(beginning)
            back = threading.Thread(target=_forward, args=(server, browser), daemon=True)
            back.start()
            _forward(browser, server)
            back.join()


def _forward(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(BUFFER):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # one end hung up
