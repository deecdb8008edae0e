"""What the harness asks of Cacherr; everything of the product's own that it calls is called here.

Each act runs in a forked process; Django is loaded already.
"""

import io
import json
import os
from typing import Any

from tests.crash.ground import FILM, OLD, Ground, is_private

PLEX_FILM = "/plex/film.mkv"


def set_up(ground: Ground) -> None:
    """A proved mapping of the ground's combination."""
    from caching import proving
    from caching.models import CachePolicy, PathMapping

    policy = CachePolicy.stored()
    policy.park_originals, policy.min_free_space = ground.combination.park, ""
    policy.save()
    mapping = PathMapping.objects.create(
        name="m",
        plex_prefix="/plex",
        placement=ground.combination.placement,
        mode=ground.combination.mode,
        array_root=os.fsdecode(ground.array),
        cache_root=os.fsdecode(ground.cache),
    )
    proving.prove(mapping)


def recover() -> None:
    """The recovery of every start."""
    from caching import upkeep

    upkeep.recover()


def try_to_cache() -> str:
    """Cache the film, if it is not cached. Returns the operation's state and outcome; empty when it is."""
    from caching import journal, recovery
    from caching.models import CachedFile, PathMapping
    from caching.planning.values import Action, Decision, FileKey

    mapping = PathMapping.objects.select_related("array", "cache").get()
    if CachedFile.objects.exists():
        return ""
    decision = Decision(Action.CACHE, "film", len(OLD), "test", file=FileKey(mapping.cache_id or "", FILM))
    with recovery.open_roots(recovery.roots_in_use([mapping])) as roots:
        return _carry_out(_waiting() or journal.plan_caching(None, decision, mapping, PLEX_FILM), roots)


def try_to_restore(kind: str = "restore") -> str:
    """Bring the film back, if it is cached. Returns the operation's state and outcome; empty when it is not."""
    from caching import journal, recovery
    from caching.models import CachedFile, Kind, PathMapping

    file = CachedFile.objects.select_related("array", "cache").first()
    if file is None:
        return ""
    with recovery.open_roots(recovery.roots_in_use(PathMapping.objects.all())) as roots:
        return _carry_out(_waiting() or journal.plan_return(None, Kind(kind), file, "test"), roots)


def _waiting() -> Any:
    """The operation that was planned and not begun before a crash, if there is one."""
    from caching.models import LIVE_STATES, Operation

    live = Operation.objects.filter(state__in=LIVE_STATES).select_related("array", "cache")
    return next((operation for operation in live if operation.is_waiting), None)


def _carry_out(operation: Any, roots: Any) -> str:
    from caching import moves
    from caching.playing import NOBODY
    from caching.progress import Progress

    assert operation is not None, "the film has an unfinished operation"
    moves.carry_out(operation, roots, Progress(operation), NOBODY)
    return f"{operation.state}: {operation.outcome}"


def cache() -> None:
    """Cache the film, if it is not cached. Raises AssertionError when that does not succeed."""
    _require_done("caching", try_to_cache())


def restore() -> None:
    """Bring the film back, if it is cached. Raises AssertionError when that does not succeed."""
    _require_done("restoring", try_to_restore())


def _require_done(what: str, ended: str) -> None:
    assert not ended or ended.startswith("done"), f"{what} the film did not succeed: {ended}"


def status() -> dict[str, Any]:
    """What the command `status` says."""
    from django.core.management import call_command

    out = io.StringIO()
    call_command("status", "--json", stdout=out)
    report: dict[str, Any] = json.loads(out.getvalue())
    return report


def is_cached() -> bool:
    """Whether the film is cached."""
    from caching.models import CachedFile

    return CachedFile.objects.exists()


def is_in_conflict() -> bool:
    """Whether the cached film waits for a person to look."""
    from caching.models import CachedFile

    return CachedFile.objects.exclude(conflict="").exists()


def unfinished() -> list[str]:
    """The operations that are not finished. Those that were planned and not begun wait for a worker: not counted."""
    from caching.models import LIVE_STATES, Operation

    live = Operation.objects.filter(state__in=LIVE_STATES)
    return [f"{row.kind} {row.state} {row.outcome}" for row in live if not row.is_waiting]


def require_finished() -> None:
    """No operation is unfinished."""
    live = unfinished()
    assert not live, f"an operation is unfinished: {live}"


def require_orderly(ground: Ground) -> None:
    """Nothing is unfinished or in conflict, and no private name is on disk but parked originals of cached files."""
    from caching.models import CachedFile, MadeDirectory, Operation

    require_finished()
    conflicts = list(Operation.objects.filter(state="conflict").values_list("outcome", flat=True))
    assert not conflicts, f"an operation ended as a conflict: {conflicts}"
    known = {bytes(name) for name in CachedFile.objects.values_list("original_name", flat=True)} - {b""}
    private = {os.path.basename(path) for path in ground.tree() if is_private(path)}
    assert private == known, f"private names on disk: {private}, journaled: {known}"
    rows = MadeDirectory.objects.all()
    if CachedFile.objects.exists():  # then those on the cache are in use
        rows = rows.filter(root__kind="array")
    made = [bytes(row.path) for row in rows]
    assert not made, f"directories that were made are left: {made}"
