"""Path mappings detected, proved, and looked through for the usual mistakes.

`surveying` looks around, `proposing` decides what to propose, `mistakes` what is wrong; both of the latter are pure.
"""

from caching.detecting.examining import Asked, Proved, ask, examine, prove, uncovered
from caching.detecting.keeping import add_proved, change, remove
from caching.detecting.mistakes import Mistake
from caching.detecting.surveying import detect
from caching.detecting.values import Detected, Location, Proposal

__all__ = [
    "Asked",
    "Detected",
    "Location",
    "Mistake",
    "Proposal",
    "Proved",
    "add_proved",
    "ask",
    "change",
    "detect",
    "examine",
    "prove",
    "remove",
    "uncovered",
]
