"""The rows: settings, storage, and the journal of everything that is done to files."""

from caching.models.audit import Audit
from caching.models.cached_file import CachedFile, MadeDirectory
from caching.models.cycle import Cycle, CycleState, Phase, Pulse
from caching.models.limit import CacheLimit
from caching.models.notification import LastingTrouble, Notice, NoticeEvent, NoticeLevel, NotificationTarget, Timing
from caching.models.operation import AUTOMATIC, LIVE_STATES, PLAYBACK, RESCUE, Kind, Operation, State, Way
from caching.models.pin import Pin, PinKind
from caching.models.playback import Missed, Playback, Served, WatcherState
from caching.models.policy import AssociatedFiles, CachePolicy, EvictionMode
from caching.models.replay import Replay, ReplayState
from caching.models.rule import Resolution, Rule, RuleAction, RuleKind
from caching.models.setup import Setup
from caching.models.storage import Mode, PathMapping, Placement, Root
from caching.models.usage import UsageSample

__all__ = [
    "AUTOMATIC",
    "LIVE_STATES",
    "PLAYBACK",
    "RESCUE",
    "AssociatedFiles",
    "Audit",
    "CacheLimit",
    "CachePolicy",
    "CachedFile",
    "Cycle",
    "CycleState",
    "EvictionMode",
    "Kind",
    "LastingTrouble",
    "MadeDirectory",
    "Missed",
    "Mode",
    "Notice",
    "NoticeEvent",
    "NoticeLevel",
    "NotificationTarget",
    "Operation",
    "PathMapping",
    "Phase",
    "Pin",
    "PinKind",
    "Placement",
    "Playback",
    "Pulse",
    "Replay",
    "ReplayState",
    "Resolution",
    "Root",
    "Rule",
    "RuleAction",
    "RuleKind",
    "Served",
    "Setup",
    "State",
    "Timing",
    "UsageSample",
    "WatcherState",
    "Way",
]
