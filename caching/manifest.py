"""What each root remembers of its operations, so that a lost database can be rebuilt from the disks.

The cache's manifest has every operation; the array's those that change something there, for the day the cache dies.
"""

import json
import logging
import os
from collections.abc import Iterable, Iterator
from typing import Any

from caching import disk
from caching.bench import Bench
from caching.models import CachedFile, Kind, MadeDirectory, Operation, State

log = logging.getLogger(__name__)

TEXTS = (
    "token", "kind", "state", "trigger", "way", "array_id", "cache_id", "plex_path", "placement", "mode", "hash",
    "title", "rating_key", "sources", "who", "reason", "source_print", "target_print", "stale_print",
)  # fmt: skip
BYTES = ("path", "belongs_to", "original_name", "link_target", "renamed_to")
DAMAGE = ("original_damaged", "copy_damaged")
PLAIN = ("park_originals", "score", "bytes_total", *DAMAGE)
LATER = {"renamed_to": "", **dict.fromkeys(DAMAGE, False)}
"""What records of earlier versions do not have."""


def record(bench: Bench) -> None:
    """Note an operation as it is now, before the next step's first side effect. Raises OSError.

    Only for caching a full disk is an error: what comes back makes room, or needs none, and must not wait for a line.
    What was noted before is enough for a rebuild, which looks at the disks.
    """
    operation = bench.operation
    line = _line(operation)
    for root in _roots(bench):
        try:
            _append(root, line, operation)
        except OSError as error:
            if operation.kind == Kind.CACHE or not disk.is_full(error):
                raise
            _warn(root, error)


def note(operation: Operation, roots: Iterable[disk.RootDir]) -> None:
    """Note an operation as it is now in these roots. Raises OSError."""
    line = _line(operation)
    for root in roots:
        _append(root, line, operation)


def _line(operation: Operation) -> bytes:
    return json.dumps(_described(operation)).encode()


def _append(root: disk.RootDir, line: bytes, operation: Operation) -> None:
    disk.append(root, line, durable=operation.state != State.PLANNED)


def note_damage(file: CachedFile, cache: disk.RootDir) -> None:
    """Note what was found damaged of a cached file, which no operation tells.

    The database knows it: the manifest matters on the day when that is lost, so trouble with this is no trouble.
    """
    values: dict[str, Any] = {name: getattr(file, name) for name in ("array_id", "cache_id", *DAMAGE)}
    try:
        disk.append(cache, json.dumps(values | {"damage_of": os.fsdecode(file.relative)}).encode(), durable=True)
    except OSError as error:
        _warn(cache, error)


def close(bench: Bench) -> None:
    """Note how an operation ended. A rebuild would find out by itself, so trouble with this is no trouble."""
    ended = _described(bench.operation)
    if bench.operation.is_live:  # it was undone; its row follows
        ended["state"] = State.ABORTED.value
    for root in _roots(bench):
        try:
            disk.append(root, json.dumps(ended).encode(), durable=False)
        except OSError as error:
            _warn(root, error)


def _warn(root: disk.RootDir, error: OSError) -> None:
    log.warning("The manifest in %s could not be written: %s", root.path, error)


def _roots(bench: Bench) -> Iterator[disk.RootDir]:
    if bench.cache is not None:
        yield bench.cache
    if bench.operation.leaves_name:
        yield bench.array


def _described(operation: Operation) -> dict[str, Any]:
    values: dict[str, Any] = {name: str(getattr(operation, name)) for name in TEXTS}
    values |= {name: os.fsdecode(bytes(getattr(operation, name))) for name in BYTES}
    values |= {name: getattr(operation, name) for name in PLAIN}
    if operation.state == State.PLANNED:  # only the first record of an operation needs to say it
        made = MadeDirectory.above(operation.makes_on, operation.path_below(operation.makes_on))
        values["made"] = [os.fsdecode(bytes(path)) for path in made.values_list("path", flat=True)]
    return values


def parsed(line: bytes) -> dict[str, Any] | None:
    """A record as written by `record`; None for a torn or foreign line."""
    try:
        values = LATER | json.loads(line)
        for name in BYTES:
            values[name] = os.fsencode(values[name])
        values["made"] = [os.fsencode(path) for path in values.get("made", [])]
        complete = all(name in values for name in (*TEXTS, *PLAIN))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return values if complete else None


def parsed_damage(line: bytes) -> dict[str, Any] | None:
    """A record as written by `note_damage`, its path as bytes; None for every other line."""
    try:
        values = json.loads(line)
        found = {name: values[name] for name in ("array_id", "cache_id")}
        return found | {name: bool(values[name]) for name in DAMAGE} | {"damage_of": os.fsencode(values["damage_of"])}
    except (ValueError, KeyError, TypeError):
        return None
