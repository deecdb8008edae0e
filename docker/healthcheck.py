"""Is this container able to work? `healthcheck.py serve|web|worker|beat` exits with 0 or 1 and says why on one line.

`serve` must be able to do everything. `web` alone answers for itself: worker and beat have checks of their own and
start only after it, and they are needed most when a disk is gone, which `/health` calls critical.

Docker runs this every few seconds: it imports little, and nothing but the standard library.
"""

import os
import sys
import tempfile
import time

STALE_SECONDS = 90
ANSWER_SECONDS = 8
ANY_ADDRESS = {"", "0.0.0.0", "::"}  # noqa: S104 - compared with, not listened on
NEEDED_BY_WEB = ("database", "broker")


def ask() -> tuple[int, str]:
    """Status and body of `/health`."""
    import http.client

    host = os.environ.get("CACHERR_HOST", "")
    port = int(os.environ.get("CACHERR_PORT") or 5445)
    connection = http.client.HTTPConnection("127.0.0.1" if host in ANY_ADDRESS else host, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, f"no answer on port {port}: {error}"
    finally:
        connection.close()


def serve() -> str | None:
    """Why the whole cannot work; None when it can."""
    status, body = ask()
    return None if status == 200 else body


def web() -> str | None:
    """Why this process cannot do its part; None when it can."""
    import json

    status, body = ask()
    if status != 503:
        return None if status == 200 else body
    checks = json.loads(body)["checks"]
    broken = [name for name in NEEDED_BY_WEB if name in checks and not checks[name]["ok"]]
    return body if broken else None


def sign_of_life(role: str) -> str | None:
    """Why worker or beat seems dead; None when its file was touched lately."""
    path = os.path.join(tempfile.gettempdir(), f"cacherr-{role}.alive")
    try:
        age = time.time() - os.stat(path).st_mtime
    except FileNotFoundError:
        return f"{role} has not started yet"
    return None if age < STALE_SECONDS else f"{role} has shown no sign of life for {age:.0f} seconds"


def main(arguments: list[str]) -> str | None:
    """What is wrong, for sys.exit to print; None when nothing is."""
    match arguments:
        case ["serve"]:
            return serve()
        case ["web"]:
            return web()
        case ["worker" | "beat" as role]:
            return sign_of_life(role)
        case _:
            return "usage: healthcheck.py serve|web|worker|beat"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
