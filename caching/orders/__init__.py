"""Orders: what a person asks for by hand. Each is an operation in the journal that belongs to no cycle."""

from caching.orders.following import cancel, retry, undo
from caching.orders.placing import (
    DryRunError,
    Origin,
    Placed,
    cache,
    give_all_back,
    give_back,
    give_files_back,
    require_allowed,
)
from caching.orders.working import at_once, carry_out, run_waiting, waiting
from caching.targets import Refusal

__all__ = [
    "DryRunError",
    "Origin",
    "Placed",
    "Refusal",
    "at_once",
    "cache",
    "cancel",
    "carry_out",
    "give_all_back",
    "give_back",
    "give_files_back",
    "require_allowed",
    "retry",
    "run_waiting",
    "undo",
    "waiting",
]
