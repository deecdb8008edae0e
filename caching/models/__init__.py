"""The rows: settings, storage, and the journal of everything that is done to files."""

from caching.models.cached_file import CachedFile, MadeDirectory
from caching.models.cycle import Cycle, CycleState, Phase, Pulse
from caching.models.operation import LIVE_STATES, Kind, Operation, State
from caching.models.policy import CachePolicy
from caching.models.storage import Mode, PathMapping, Placement, Root

__all__ = [
    "LIVE_STATES",
    "CachePolicy",
    "CachedFile",
    "Cycle",
    "CycleState",
    "Kind",
    "MadeDirectory",
    "Mode",
    "Operation",
    "PathMapping",
    "Phase",
    "Placement",
    "Pulse",
    "Root",
    "State",
]
