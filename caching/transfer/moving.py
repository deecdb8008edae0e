"""Moving from PlexCache-D: settings first, all or nothing, then its cached files, each by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from caching import exclusions, mappings
from caching.transfer.plexcache import Adopted, Tracked, adopt, is_plexcache, survey, translate
from caching.transfer.reading import Outcome, import_document, require_texts


@dataclass(frozen=True, slots=True)
class Moved:
    """What came over, or would."""

    outcome: Outcome
    adopted: Adopted

    @property
    def told(self) -> dict[str, Any]:
        """For people and programs. `bytes` in bytes."""
        return {
            "changes": self.outcome.changes,
            "notes": self.outcome.notes,
            "adopted": self.adopted.files,
            "bytes": self.adopted.size,
            "known": self.adopted.known,
            "left_alone": self.adopted.left,
        }


def settings_of(document: Any, *, dry_run: bool = False) -> Outcome:
    """Import a document of ours or PlexCache-D's settings, whichever it is. Raises ImportRefusedError."""
    if not is_plexcache(document):
        return import_document(document, dry_run=dry_run)
    require_texts(document)
    translated = translate(document)
    outcome = import_document(translated.document, dry_run=dry_run)
    outcome.notes = [*translated.notes, *outcome.notes]
    return outcome


def move(
    settings: Mapping[str, Any], files: Sequence[Tracked] = (), *, dry_run: bool = False, verify: bool = False
) -> Moved:
    """Take over PlexCache-D's settings and cached files. The caller holds the lock of work.

    Raises ImportRefusedError. A dry run stores nothing and looks at the files as if the settings were stored.
    """
    with transaction.atomic():
        outcome = settings_of(settings)
        if dry_run:
            adopted = survey(files, mappings.in_force())
            transaction.set_rollback(True)
            return Moved(outcome, adopted)
    adopted = adopt(files, mappings.in_force(), verify=verify)
    exclusions.write()  # the mover has to know them before it runs
    return Moved(outcome, adopted)
