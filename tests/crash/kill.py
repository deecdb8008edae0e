"""Kill the process before every call that changes something, and its recovery before every call of its own.

After each: Plex's path shows the whole file before any recovery; recovery leaves nothing unfinished and no private
name but journaled parked originals; a second one changes nothing; going on and restoring leads back to the start.
"""

import sqlite3
from collections.abc import Iterator

from tests.crash import acts
from tests.crash.ground import Ground, Tree
from tests.crash.running import Fault, Manner
from tests.crash.scenarios import Scenario
from tests.crash.snapshot import DATABASE, TABLES, Snapshot, renumbered
from tests.crash.stage import Bounds, Counted, Stage

ENDLESS = 1_000_000


def sweep(stage: Stage, scenario: Scenario, bounds: Bounds, counted: Counted) -> None:
    """Kill the operation at each point."""
    snapshot = stage.prepare(scenario)
    for at in bounds.points():
        start = stage.load(snapshot)
        ended = stage.runner.run(scenario.work, Fault(at, Manner.KILL))
        if not ended.killed:
            counted.require(f"{scenario}, not killed", ended.problem)
            break
        with counted.point("kills", f"{scenario} killed before call {at} ({ended.call})"):
            stage.examine(scenario, start)


def sweep_recovery(stage: Stage, scenario: Scenario, bounds: Bounds, counted: Counted) -> None:
    """Kill the operation at each point, and then its recovery at each point.

    Most calls leave what the call before them left: the same state is recovered from once only.
    """
    snapshot = stage.prepare(scenario)
    seen: set[str] = set()
    for first in bounds.points():
        start = stage.load(snapshot)
        ended = stage.runner.run(scenario.work, Fault(first, Manner.KILL))
        if not ended.killed:
            break
        state = essence(stage.ground, stage)
        if state in seen:
            continue
        seen.add(state)
        crashed = Snapshot(stage.ground, stage.config)
        for second in range(1, ENDLESS, bounds.every):
            where = f"{scenario} killed before call {first}, its recovery before call {second}"
            if not _second(stage, scenario, (crashed, start, second), where, counted):
                break


def _second(stage: Stage, scenario: Scenario, crash: tuple[Snapshot, Tree, int], where: str, counted: Counted) -> bool:
    """Kill the recovery of a crash before one of its calls. False when it has no such call any more."""
    snapshot, start, at = crash
    start = renumbered(start, snapshot.load())
    ended = stage.runner.run(acts.recover, Fault(at, Manner.KILL))
    if not ended.killed:
        counted.require(where, ended.problem)
        return False
    with counted.point("kills of a recovery", f"{where} ({ended.call})"):
        stage.examine(scenario, start)
    return True


def essence(ground: Ground, stage: Stage) -> str:
    """What of disk and journal decides about a recovery, as text: the same text, the same recovery."""
    names = {entry.inode: name for name, entry in ground.tree().items() if entry.inode}
    files = [(name, entry._replace(inode=0, mtime_ns=0)) for name, entry in sorted(ground.tree().items())]
    rows = list(_rows(stage, names))
    tokens = {token for row in rows for field, token in row if field == "token"}
    text = repr((files, [[pair for pair in row if pair[0] != "token"] for row in rows]))
    for token in tokens:
        text = text.replace(token, "TOKEN")
    return text


def _rows(stage: Stage, names: dict[int, bytes]) -> Iterator[list[tuple[str, str]]]:
    """The journal's rows without times; a fingerprint is told by the name that has it."""
    with sqlite3.connect(stage.config / DATABASE) as database:
        for table in (*TABLES, "caching_madedirectory"):
            cursor = database.execute(f"SELECT * FROM {table} ORDER BY id")
            columns = [column[0] for column in cursor.description]
            for row in cursor:
                yield [
                    (column, _told(column, value, names))
                    for column, value in zip(columns, row, strict=True)
                    if not column.endswith("_at")
                ]
    database.close()


def _told(column: str, value: object, names: dict[int, bytes]) -> str:
    if column.endswith("_print") and value:
        inode = str(value).split(":")[0]  # a snapshot marks the fingerprint of a file that is no more
        return repr(names.get(int(inode))) if inode.isdecimal() else "of a file that is no more"
    return str(value)
