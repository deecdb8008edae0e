"""Real processes: what a cycle tells arrives, by the worker of `serve` and without any worker."""

from plexusers.standin import StandIn
from tests.caching.notifying.mailbox import SECRET, mailbox
from tests.conftest import Installation
from tests.home import Home
from tests.serving import serving
from tests.waiting import until


def test_a_cycle_tells_by_the_worker_and_by_the_command(installation: Installation, home: Home, plex: StandIn) -> None:
    home.film("Alpha")
    with mailbox() as box:
        with serving(installation) as served:
            new = {"name": "Phone", "url": box.url, "events": ["cycle"]}
            status, made = served.get("/api/notifications", method="POST", body=new)
            assert status == 201
            assert served.get("/api/start-cache", method="POST", body={})[0] == 202
            until(lambda: box.titles, "the summary of the cycle")
            lines = served.get("/api/logs")[1]["data"]
            assert served.get(f"/api/notifications/{made['data']['id']}", method="DELETE")[0] == 200
            assert served.get("/api/notifications", method="POST", body=new)[0] == 201
            assert served.end() == 0
            assert SECRET not in served.text + str(lines)
        home.film("Beta")
        done = installation.run("cycle", "--json")
        assert done.code == 0, done.errors
    assert box.titles == ["The cycle is done"] * 2
    assert all("Cached: 1 file" in body["message"] for body in box.bodies)
