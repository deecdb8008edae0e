"""How long a copy's progress takes to each of many open sockets of a real `serve`: milliseconds from event to client.

python -m benchmarks.sockets [SOCKETS] [SECONDS]
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import tests.environment  # noqa: F401 - nothing of this machine's own installation may be touched
from benchmarks.measuring import MB

LIMIT = "16MB"
FILM = 8 * 1024 * MB
GOAL_MS = 1000
AT_ONCE = 20
"""So many sockets are opened at the same time."""


def main() -> None:
    """Serve a library with one huge film, and have it copied before many listeners."""
    sockets, seconds = (int(word) for word in (*sys.argv[1:], *("200", "15")[len(sys.argv) - 1 :]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cacherr.settings")
    import django

    django.setup()
    with tempfile.TemporaryDirectory(prefix="cacherr-sockets-") as name:
        late = _measured(Path(name), sockets, seconds)
    _tell(late, seconds)


def _measured(directory: Path, sockets: int, seconds: int) -> list[list[float]]:
    """For each socket how late each progress was, in milliseconds."""
    from plexusers.standin import StandIn
    from tests.conftest import Installation
    from tests.e2e.site import grow
    from tests.home import OWNER_TOKEN, Home
    from tests.serving import serving

    installation = Installation(directory)
    installation.cache.mkdir()
    home = Home(installation.array)
    home.film("Alpha")
    grow(installation.array / "Movies/Alpha/Alpha.mkv", FILM)
    with StandIn(home.household) as plex:
        installation.variables = {
            "PLEX_URL": plex.url, "PLEX_TOKEN": OWNER_TOKEN, "CACHERR_OUTBOUND_GATEWAY": plex.url,
            "CACHERR_BANDWIDTH_LIMIT": LIMIT, "CACHERR_MIN_FREE_SPACE": "0",
        }  # fmt: skip
        with serving(installation) as served:
            begin = lambda: served.get("/api/start-cache", method="POST", body={})  # noqa: E731 - handed to a thread
            late = asyncio.run(_watch(served.port, sockets, seconds, begin))
            served.get("/api/stop-cache", method="POST")
    return late


async def _watch(port: int, sockets: int, seconds: int, begin: Callable[[], object]) -> list[list[float]]:
    from websockets.asyncio.client import connect

    from tests.serving import API_KEY

    late: list[list[float]] = [[] for _ in range(sockets)]
    opened, gate = asyncio.Semaphore(AT_ONCE), asyncio.Barrier(sockets + 1)

    async def listen(number: int) -> None:
        await opened.acquire()
        address = f"ws://127.0.0.1:{port}/ws/events"
        async with connect(address, additional_headers={"X-Api-Key": API_KEY}, proxy=None) as socket:
            await socket.recv()
            opened.release()
            await gate.wait()
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "operation_progress":
                    told = datetime.fromisoformat(message["timestamp"])
                    late[number].append((datetime.now(UTC) - told).total_seconds() * 1000)

    async with asyncio.TaskGroup() as group:
        listeners = [group.create_task(listen(number)) for number in range(sockets)]
        await gate.wait()
        await asyncio.to_thread(begin)
        await asyncio.sleep(seconds)
        for listener in listeners:
            listener.cancel()
    return late


def _tell(late: list[list[float]], seconds: int) -> None:
    every = sorted(one for of_socket in late for one in of_socket)
    if not every:
        print("No progress came: is the film being copied?")
        return
    silent = sum(not of_socket for of_socket in late)
    points = statistics.quantiles(every, n=100)
    print(f"{len(late)} sockets, {seconds} s, {len(every)} messages of progress; {silent} sockets heard none")
    print(f"milliseconds from event to client: median {points[49]:.0f}, 95 % {points[94]:.0f}, worst {every[-1]:.0f}")
    print(f"later than {GOAL_MS} ms: {sum(one > GOAL_MS for one in every)}")


if __name__ == "__main__":
    main()
