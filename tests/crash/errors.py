"""Let every call that changes something fail: once, and for ever after; let every write be cut in half, and
let every write put a wrong bit on the disk.

An error is no crash: the process goes on, and must undo or keep what it did. Then the fault is lifted, and what must
hold after a kill must hold here too.
"""

import errno

from tests.crash.running import Fault, Manner
from tests.crash.scenarios import Scenario
from tests.crash.stage import Bounds, Counted, Stage

ERRORS = (errno.EIO, errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT)
FAULTS = (
    *((Manner.FAIL_ONCE, error) for error in ERRORS),
    *((Manner.FAIL_FOR_EVER, error) for error in ERRORS),
    (Manner.SHORT_WRITE, 0),
    (Manner.CORRUPT, 0),
)
WORDS = {
    Manner.FAIL_ONCE: "errors",
    Manner.FAIL_FOR_EVER: "errors that stay",
    Manner.SHORT_WRITE: "short writes",
    Manner.CORRUPT: "wrong writes",
}


def sweep(stage: Stage, scenario: Scenario, bounds: Bounds, counted: Counted) -> None:
    """Every error at each point of an operation. With bounds, the errors take turns."""
    snapshot = stage.prepare(scenario)
    for turn, (manner, error) in enumerate(FAULTS):
        for at in bounds.points():
            place = at + turn % bounds.every
            start = stage.load(snapshot)
            ended = stage.runner.run(scenario.work, Fault(place, manner, error))
            if ended.counted < place:
                counted.require(f"{scenario}, undisturbed", ended.problem)
                break
            name = f"{WORDS[manner]} {errno.errorcode.get(error, '')}".strip()
            with counted.point(WORDS[manner], f"{scenario}: {name} at call {place} ({ended.call})"):
                assert not ended.problem, f"it was not dealt with: {ended.problem}"
                stage.examine(scenario, start)
