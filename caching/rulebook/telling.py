"""Rules in words, and what they would hit, for pages and programs."""

from collections.abc import Mapping
from typing import Any

from caching.models import Rule
from caching.models.rule import words
from caching.planning.sizes import readable
from caching.rulebook.previewing import Hits, Preview

WORDS = {
    "kind": "{}", "title": "title {}", "labels": "label {}", "genres": "genre {}", "path": "path {}",
    "larger_than": "larger than {}", "smaller_than": "smaller than {}", "resolutions": "resolution {}",
    "added_before_days": "added more than {} days ago", "added_within_days": "added in the last {} days",
    "released_before_days": "released more than {} days ago", "released_within_days": "released in the last {} days",
}  # fmt: skip


def conditions(row: Rule, libraries: Mapping[str, str]) -> str:
    """All conditions on one line; `libraries` are titles by key."""
    found = []
    if row.libraries:
        titles = [libraries.get(key, f"number {key}, which is gone") for key in words(row.libraries)]
        found.append(f"library {' or '.join(titles)}")
    for name, sentence in WORDS.items():
        value = row.get_kind_display() if name == "kind" else getattr(row, name)
        if value not in {None, ""}:
            text = " or ".join(words(value)) if name in {"labels", "genres", "resolutions"} else value
            found.append(sentence.format(text))
    return "; ".join(found)


def told(preview: Preview) -> dict[str, Any]:
    """A preview as plain values. Sizes in bytes, and for people."""
    size = preview.cached.size + preview.array.size
    return {
        "total": preview.total,
        "files": preview.cached.files + preview.array.files,
        "size": size,
        "readable": readable(size),
        "cached": _hits(preview.cached),
        "array": _hits(preview.array),
        "earlier": preview.earlier,
        "unknown": preview.unknown,
        "notes": preview.notes,
    }


def _hits(hits: Hits) -> dict[str, Any]:
    examples = [
        {"title": title, "path": path, "size": size, "readable": readable(size)} for size, title, path in hits.examples
    ]
    return {"files": hits.files, "size": hits.size, "readable": readable(hits.size), "examples": examples}
