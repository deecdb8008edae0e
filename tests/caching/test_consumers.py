"""Live events over a real WebSocket of a real `serve`: who may listen, what is told, and that nonsense is survived."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from caching.consumers import REFUSED
from plexusers.standin import StandIn
from tests.cacherr.test_logbook import make_logger
from tests.conftest import Installation
from tests.home import Home
from tests.serving import API_KEY, Served, serving
from tests.waiting import until_true

pytestmark = pytest.mark.xdist_group("consumers")  # so that one `serve` is enough for them

SECONDS = 60
KEY = {"X-Api-Key": API_KEY}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One `serve` for all of them: none changes what another sees. It ends well with sockets still open."""
    installation = Installation(tmp_path_factory.mktemp("served"))
    nothing = {"PLEX_SOURCE": "", "REAL_SOURCE": "", "CACHE_DESTINATION": "", "CACHERR_ADMIN_PASSWORD": "word"}
    with serving(installation, extra=nothing) as served:
        assert served.port
        yield served


@asynccontextmanager
async def socket(served: Served, headers: dict[str, str] = KEY, **options: Any) -> AsyncIterator[ClientConnection]:
    address = f"ws://127.0.0.1:{served.port}/ws/events"
    async with connect(address, additional_headers=headers, proxy=None, **options) as connected:
        yield connected


async def hear(connected: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await asyncio.wait_for(connected.recv(), SECONDS))
    assert set(message) == {"type", "timestamp", "data"}
    return message


async def hear_until(connected: ClientConnection, kind: str) -> dict[str, Any]:
    while (message := await hear(connected))["type"] != kind:
        pass
    return message


async def say(connected: ClientConnection, **message: Any) -> None:
    await connected.send(json.dumps(message))


async def test_the_snapshot_comes_first(served: Served) -> None:
    async with socket(served) as connected:
        status, stats = await hear(connected), await hear(connected)
    assert (status["type"], stats["type"]) == ("status", "stats")
    assert {"running", "health", "active_operations", "active_sessions", "connected_clients"} <= set(status["data"])
    assert status["data"]["connected_clients"] >= 1
    assert {"files_cached", "bytes_cached", "caches"} <= set(stats["data"])


async def test_a_ping_gets_a_pong_and_a_request_gets_the_status(served: Served) -> None:
    async with socket(served) as connected:
        await hear_until(connected, "stats")
        await say(connected, type="ping")
        assert (await hear(connected))["type"] == "pong"
        await say(connected, type="status_request")
        assert (await hear(connected))["type"] == "status"


async def test_a_subscription_leaves_the_rest_out(served: Served) -> None:
    async with socket(served) as connected:
        await hear_until(connected, "stats")
        await say(connected, type="subscribe", events=["stats"])
        await say(connected, type="status_request")
        assert (await hear(connected))["type"] == "stats"
        await say(connected, type="ping")
        assert (await hear(connected))["type"] == "pong"  # an answer is no event
        await say(connected, type="subscribe", events=["status"])
        await say(connected, type="status_request")
        assert (await hear(connected))["type"] == "status"


async def test_lines_of_the_log_come_to_whoever_asks_for_them_and_to_nobody_else(served: Served) -> None:
    log = make_logger(served.log.parent / "config" / "logs", "caching.cycle")
    async with socket(served) as one, socket(served) as two:
        await hear_until(two, "stats")
        await say(one, type="subscribe", events=["log"])
        await say(one, type="ping")
        await hear_until(one, "pong")  # from here on it follows
        for number in range(70):
            log.warning("line %d with X-Plex-Token=s3cret", number)
        line = (await hear_until(one, "log"))["data"]
        assert set(line) == {"time", "level", "logger", "message", "process", "skipped"}
        while line["message"] != "line 69 with X-Plex-Token=***":
            line = (await hear_until(one, "log"))["data"]
        await say(two, type="ping")
        while (message := await hear(two))["type"] != "pong":
            assert message["type"] != "log"


NONSENSE: list[str | bytes] = [
    "", "no json", "[", "[]", "5", "null", '"ping"', "{}", '{"type": null}', '{"type": ["ping"]}', '{"type": "dance"}',
    '{"type": "subscribe"}', '{"type": "subscribe", "events": "status"}', '{"type": "subscribe", "events": [null, {}]}',
    "[" * 100_000, "\x00", b"\xff\xfe", b"", b'{"type": "subscribe", "events": []}',
]  # fmt: skip


@pytest.mark.parametrize("nonsense", NONSENSE, ids=lambda text: repr(text)[:40])
async def test_nonsense_is_survived(served: Served, nonsense: str | bytes) -> None:
    async with socket(served) as connected:
        await hear_until(connected, "stats")
        await connected.send(nonsense)
        await say(connected, type="ping")
        assert (await hear(connected))["type"] == "pong"


@pytest.mark.parametrize("headers", [{}, {"X-Api-Key": "wrong"}, {"X-Api-Key": ""}, {"Cookie": "sessionid=made-up"}])
async def test_without_a_login_it_is_closed_with_4401_and_nothing_is_told(
    served: Served, headers: dict[str, str]
) -> None:
    async with socket(served, headers) as connected:
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(connected.recv(), SECONDS)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == REFUSED == 4401


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "https://127.0.0.1", "null", "http://127.0.0.1.evil.example", "http://[::1"]
)
async def test_a_page_of_another_origin_is_refused_even_with_the_key(served: Served, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with socket(served, KEY | {"Origin": origin}):
            pass
    assert refused.value.response.status_code == 403


async def test_a_socket_at_an_address_that_there_is_not_is_refused(served: Served) -> None:
    address = f"ws://127.0.0.1:{served.port}/ws/nothing"
    with pytest.raises(InvalidStatus) as refused:
        async with connect(address, additional_headers=KEY, proxy=None):
            pass
    assert refused.value.response.status_code == 403


async def test_a_page_of_our_own_origin_is_let_in(served: Served) -> None:
    async with socket(served, KEY | {"Origin": f"http://127.0.0.1:{served.port}"}) as connected:
        assert (await hear(connected))["type"] == "status"


async def test_another_address_has_no_socket(served: Served) -> None:
    address = f"ws://127.0.0.1:{served.port}/ws/other"
    with pytest.raises((InvalidStatus, ConnectionClosed)):
        async with connect(address, additional_headers=KEY, proxy=None) as connected:
            await asyncio.wait_for(connected.recv(), SECONDS)


async def test_who_left_is_not_counted_any_more(served: Served) -> None:
    async def count() -> int:
        async with socket(served) as connected:
            return int((await hear_until(connected, "status"))["data"]["connected_clients"])

    async with socket(served) as one, socket(served) as two:
        await hear_until(one, "stats")
        await hear_until(two, "stats")
        assert await count() >= 3
    deadline = asyncio.get_running_loop().time() + SECONDS
    while await count() != 1:
        assert asyncio.get_running_loop().time() < deadline


async def test_what_happens_in_the_worker_reaches_every_socket(served: Served) -> None:
    """A cycle that fails at once for want of a mapping: it begins, and it ends."""
    async with socket(served) as one, socket(served) as two:
        for connected in (one, two):
            await hear_until(connected, "stats")
        status, body = await asyncio.to_thread(served.get, "/api/start-cache", method="POST", body={"dry_run": True})
        assert status == 202
        for connected in (one, two):
            begun = await hear_until(connected, "cycle_start")
            ended = await hear_until(connected, "cycle_complete")
            assert begun["data"]["cycle_id"] == ended["data"]["cycle_id"] == body["data"]["id"]
            assert ended["data"]["state"] == "failed"


async def test_a_login_in_the_admin_lets_in(served: Served) -> None:
    session = await asyncio.to_thread(sign_in, served)
    cookies = {"Cookie": f"sessionid={session}"}
    async with socket(served, cookies) as connected:
        assert (await hear(connected))["type"] == "status"


def sign_in(served: Served) -> str:
    """What a browser does: get the form, send it, keep the cookie."""
    import requests

    address = f"http://127.0.0.1:{served.port}/admin/login/"
    with requests.Session() as browser:
        browser.trust_env = False
        browser.get(address, timeout=30)
        form = {"username": "admin", "password": "word", "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        answer = browser.post(address, form, timeout=30, allow_redirects=False)
        assert answer.status_code == 302, answer.text
        return str(browser.cookies["sessionid"])


async def test_the_end_of_the_server_does_not_wait_for_open_sockets(installation: Installation) -> None:
    with serving(installation) as served:
        await asyncio.to_thread(lambda: served.port)
        async with socket(served) as connected:
            await hear_until(connected, "stats")
            served.process.terminate()
            await until_true(lambda: served.process.poll() is not None, "the end")
        assert served.process.returncode == 0
        assert "Traceback" not in served.text


LAYER_READ_SECONDS = 5
"""How long the channel layer waits for Redis in one read."""
REDIS_URL = os.environ.get("CACHERR_TEST_REDIS_URL", "")


@pytest.mark.redis
@pytest.mark.skipif(not REDIS_URL, reason="CACHERR_TEST_REDIS_URL names no Redis")
async def test_what_happens_in_another_process_reaches_a_socket_through_redis(
    installation: Installation, home: Home, plex: StandIn
) -> None:
    home.film("Alpha", b"a" * 50_000)
    installation.variables["REDIS_URL"] = REDIS_URL
    with serving(installation) as served:
        await asyncio.to_thread(lambda: served.port)
        async with socket(served) as connected:
            await hear_until(connected, "stats")
            with pytest.raises(TimeoutError):  # a socket that hears nothing for longer than one read stays open
                await asyncio.wait_for(connected.recv(), LAYER_READ_SECONDS + 2)
            done = await asyncio.to_thread(installation.run, "cycle", "--json")
            assert done.code == 0, done.errors
            begun = await hear_until(connected, "cycle_start")
            added = await hear_until(connected, "cache_file_added")
            ended = await hear_until(connected, "cycle_complete")
        assert begun["data"]["cycle_id"] == ended["data"]["cycle_id"] == done.report["id"]
        assert added["data"]["file_name"] == "Alpha.mkv"
        health = (await asyncio.to_thread(served.get, "/health"))[1]
        assert health["checks"]["broker"]["ok"] is True
        assert await asyncio.to_thread(served.end) == 0
