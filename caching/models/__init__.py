"""The rows: settings, storage, and the journal of everything that is done to files."""

from caching.models.cached_file import CachedFile, MadeDirectory
from caching.models.cycle import Cycle, CycleState, Phase, Pulse
from caching.models.operation import AUTOMATIC, LIVE_STATES, RESCUE, Kind, Operation, State, Way
from caching.models.policy import AssociatedFiles, CachePolicy, EvictionMode
from caching.models.storage import Mode, PathMapping, Placement, Root

__all__ = [
    "AUTOMATIC",
    "LIVE_STATES",
    "RESCUE",
    "AssociatedFiles",
    "CachePolicy",
    "CachedFile",
    "Cycle",
    "CycleState",
    "EvictionMode",
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
    "Way",
]
