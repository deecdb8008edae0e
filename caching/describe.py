"""Decisions and cached files as plain values for JSON, pages and programs."""

import os
from typing import Any

from caching import disk, outlook
from caching.gather import Gathered
from caching.models import CachedFile, Operation
from caching.planning.values import Decision


def described(decision: Decision, gathered: Gathered) -> dict[str, Any]:
    """A decision with everything a person may ask about it. Sizes in bytes."""
    mapping = gathered.mappings.get(decision.file) if decision.file else None
    leaving = outlook.leaving(decision, gathered.situation.now)
    return {
        "action": decision.action.value,
        "title": decision.title,
        "path": decision.name,
        "rating_key": decision.rating_key,
        "plex_path": gathered.plex_paths.get(decision.file, "") if decision.file else decision.name,
        "mapping": mapping.name if mapping else "",
        "size": decision.size,
        "score": decision.score,
        "parts": outlook.parts_of(decision),
        "reason": decision.reason,
        "who": list(decision.who),
        "sources": list(decision.sources),
        "problem": decision.problem,
        "belongs_to": decision.belongs_to.decode("utf-8", "backslashreplace"),
        "rule": decision.rule,
        "limit": decision.limit,
        "leaves_at": leaving["leaves_at"].isoformat() if leaving["leaves_at"] else None,
        "leaves_why": leaving["leaves_why"],
    }


def status_of_file(file: CachedFile) -> dict[str, Any]:
    """A cached file as the `status` command shows it; bytes that are no UTF-8 are escaped by surrogates."""
    path, name = os.fsdecode(file.relative), os.fsdecode(file.on_array)
    parked = os.fsdecode(bytes(file.original_name))
    return {
        "plex_path": file.plex_path,
        "array_path": f"{file.array.path}/{name}",
        "cache_path": f"{file.cache.path}/{path}",
        "private": [os.path.join(file.array.path, os.path.dirname(name), parked)] if parked else [],
        "mode": file.mode,
        "placement": file.placement,
        "state": "conflict" if file.conflict else "cached",
        "bytes": file.size,
        "hash": file.hash,
    }


def private_names_of(operation: Operation) -> list[str]:
    """The private names that an operation may have on disk now, as absolute paths."""
    below, above = (os.fsdecode(os.path.dirname(path)) for path in (operation.relative, operation.on_array))
    parked = os.fsdecode(bytes(operation.original_name) or disk.private_name(operation.token, "orig"))
    on_cache = [os.fsdecode(disk.private_name(operation.token, role)) for role in ("tmp", "rm")]
    on_array = [parked, os.fsdecode(disk.private_name(operation.token, "tmp"))]
    return [
        *(os.path.join(operation.cache.path, below, name) for name in on_cache),
        *(os.path.join(operation.array.path, above, name) for name in on_array),
    ]
