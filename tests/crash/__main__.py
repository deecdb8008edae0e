"""`python -m tests.crash PART`: one part of the harness, with its counts in one line. See `--help`."""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.crash import errors, instances, kill, mutants, power, races, viewer
from tests.crash.ground import COMBINATIONS
from tests.crash.images import MAKERS
from tests.crash.mutations import MUTANTS
from tests.crash.scenarios import KINDS, Scenario, scenarios
from tests.crash.stage import Bounds, Counted, Stage, StoppedError

SOURCES = Path(__file__).parent
PROJECT = SOURCES.parent.parent
READY = "CACHERR_TEST_CRASH_READY"
"""Set in the process that has the shim."""

Sweep = Callable[[Stage, Scenario, Bounds, Counted], None]
SWEEPS: dict[str, Sweep] = {
    "kill": kill.sweep,
    "kill-recovery": kill.sweep_recovery,
    "errors": errors.sweep,
    "races": races.sweep,
}
MOUNTING = ("power", "viewer")
"""Parts that mount something: in a mount namespace of their own, so that it ends with them."""
OTHERS = ("instances", "mutants")


def main() -> int:
    """Run a part. 0 when everything held, 1 when something did not."""
    options = arguments()
    if options.part == "mutants":
        return mutants.sweep([one for one in MUTANTS if not options.mutant or options.mutant in one.name])
    if os.environ.get(READY):
        return perform(options)
    if options.directory is not None:
        return _again(options, options.directory)
    with tempfile.TemporaryDirectory(prefix="cacherr-crash-", ignore_cleanup_errors=True) as directory:
        return _again(options, Path(directory))


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("part", choices=[*SWEEPS, *MOUNTING, *OTHERS])
    parser.add_argument("--directory", type=Path, help="where everything happens; on a real file system")
    parser.add_argument("--combination", choices=[*COMBINATIONS], action="append", help="only this one")
    parser.add_argument("--kind", choices=KINDS, action="append", help="only this kind of operation")
    parser.add_argument("--every", type=int, default=1, help="try every n-th point only")
    parser.add_argument("--points", default=":", metavar="A:B", help="try the points from A to B only")
    parser.add_argument("--file-system", choices=[*MAKERS], action="append", help="power: only this one")
    parser.add_argument("--opens", type=int, default=viewer.Aim.opens, help="viewer: at least so many")
    parser.add_argument("--trips", type=int, default=viewer.Aim.trips, help="viewer: at least so many")
    parser.add_argument("--rounds", type=int, default=10, help="instances: so many")
    parser.add_argument("--mutant", help="mutants: only those with this in their name")
    parser.add_argument("--stop-at-first", action="store_true", help="the first failure is enough")
    return parser.parse_args()


def _again(options: argparse.Namespace, directory: Path) -> int:
    """Start this program with the shim preloaded, in an environment of its own."""
    from tests.environment import clean_environment

    directory.mkdir(parents=True, exist_ok=True)
    shim = directory / "shim.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", shim, SOURCES / "shim.c", "-ldl"], check=True)
    own = {
        "CACHERR_CONFIG_DIR": str(directory / "config"),
        "CACHERR_COPY_CHUNK": "1024",
        "DJANGO_SETTINGS_MODULE": "cacherr.settings",
        "LD_PRELOAD": str(shim),
        READY: "1",
    }
    namespace = ["unshare", "--mount", "--propagation", "private"] if options.part in MOUNTING else []
    command = [*namespace, sys.executable, "-m", "tests.crash", *sys.argv[1:], "--directory", str(directory)]
    child = subprocess.Popen(command, cwd=PROJECT, env={**clean_environment(), **own})
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    return child.wait()


def perform(options: argparse.Namespace) -> int:
    """Run the part in this process."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    counted = Counted(stops_at_first=options.stop_at_first)
    config = load_django()
    try:
        if options.part == "instances":
            for name in options.combination or COMBINATIONS:
                installation = instances.new_installation(options.directory / "installation")
                instances.sweep(installation, COMBINATIONS[name], counted, options.rounds)
        else:
            _sweep(options, Stage(options.directory, config), counted)
    except StoppedError:
        pass  # that was all that was asked for
    sys.stdout.write(counted.line(options.part) + "\n")
    return 1 if counted.failures else 0


def _sweep(options: argparse.Namespace, stage: Stage, counted: Counted) -> None:
    first, _, last = options.points.partition(":")
    bounds = Bounds(int(first or 1), int(last or sys.maxsize), options.every)
    aim = viewer.Aim(options.opens, options.trips)
    sweeps: dict[str, Sweep] = {
        **SWEEPS,
        "power": partial(power.sweep, kinds=tuple(options.file_system or MAKERS)),
        "viewer": lambda stage, scenario, _, counted: viewer.sweep(stage, scenario, counted, aim),
    }
    for scenario in scenarios(options.combination or [*COMBINATIONS], options.kind or [*KINDS]):
        sweeps[options.part](stage, scenario, bounds, counted)


def load_django() -> Path:
    """Load Django and make an empty, migrated database. Returns the configuration directory."""
    import logging

    import django

    django.setup()
    logging.disable(logging.CRITICAL)
    from django.conf import settings
    from django.db import connection

    # Whatever a forked process imports, it imports again each time: everything is loaded here once.
    import caching.management.commands.cycle
    import caching.management.commands.recover
    import caching.management.commands.status
    import caching.proving
    import caching.upkeep  # noqa: F401
    from cacherr.commands import require_database

    require_database()
    connection.close()
    config: Path = settings.CONFIG_DIR
    return config


if __name__ == "__main__":
    sys.exit(main())
