"""What can end a copy before it is finished."""

from cacherr.errors import CacherrError


class Cancelled(Exception):  # noqa: N818 - not an error: somebody asked for it
    """The copy was asked to stop."""


class SourceBusyError(CacherrError):
    """Somebody has the file open for writing."""


class SourceChangedError(CacherrError):
    """Somebody wrote to the file while it was copied."""


class CopyFailedError(CacherrError):
    """The copy could not be made or is not equal to its source."""
