"""Backups as the rest of Cacherr sees them: how many are kept, and what is told of them. Never a part of a cycle."""

from django.utils import timezone

from cacherr import backups
from cacherr.backups import Backup, BackupError
from caching.models import CachePolicy
from caching.planning.sizes import readable
from plexusers import remarks
from plexusers.models import RemarkKind


def back_up() -> Backup:
    """Make a backup now. Raises RefusedError, BackupError."""
    try:
        made = backups.make(timezone.localtime(), CachePolicy.effective().backups_kept)
    except BackupError as error:
        remarks.note(RemarkKind.BACKUP, str(error), warning=True)
        raise
    remarks.note(RemarkKind.BACKUP, f"A backup was made: {made.name}, {readable(made.size)}.")
    return made


def back_up_if_possible() -> None:
    """The schedule's backup: nothing where the database is left to its own tools. Raises BackupError."""
    if backups.is_possible():
        back_up()
