"""Runs the demonstration's Plex server by hand: `python -m plexusers.standin --directory D --port P`."""

import argparse
import sys
import threading
from pathlib import Path

from plexusers.standin.demo import PLEX_PREFIX, make_demo
from plexusers.standin.server import StandIn


def main() -> None:
    """Writes the demonstration's files, serves until interrupted, and tells how to reach the server."""
    parser = argparse.ArgumentParser(prog="python -m plexusers.standin", description="A stand-in Plex Media Server.")
    parser.add_argument("--directory", type=Path, required=True, help="where its files are, or are to be")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=32400, help="port; 0 takes a free one")
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    with StandIn(make_demo(options.directory), options.port, host=options.host) as plex:
        lines = [f"url    {plex.url}", f"files  {options.directory / 'array'} (in Plex: {PLEX_PREFIX})"]
        lines += [f"token  {account.token} ({account.title})" for account in plex.household.accounts.values()]
        sys.stdout.write("\n".join([*lines, ""]))
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
