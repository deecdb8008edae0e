"""The errors a user may meet. Each is raised at the edge where it is found and caught at a door.

The message is one sentence, the cure is another: what the reader can do about it.
"""


class CacherrError(Exception):
    """Something went wrong that has a name, a sentence and a cure."""

    exit_code = 1

    def __init__(self, message: str, cure: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.message} {self.cure}".strip()


class ConfigurationError(CacherrError):
    """A setting is missing or wrong."""

    exit_code = 2


class PlexError(CacherrError):
    """Plex did not give a usable answer: what it wants is unknown, never "nothing"."""

    exit_code = 3


class PlexUnreachableError(PlexError):
    """No connection, no answer in time, or an answer that is not Plex's."""


class PlexSignInError(PlexError):
    """Plex refuses the token."""


class OutsideError(CacherrError):
    """A service or an address outside did not give a usable answer: what it lists is unknown, never "nothing"."""

    def __init__(self, message: str, cure: str = "", *, wait: float = 0.0) -> None:
        super().__init__(message, cure)
        self.wait = wait
        """For how many seconds it asks to be left alone; 0: it does not say."""


class StorageAbsentError(CacherrError):
    """A root is not there, or what is mounted there is not the storage that was proved."""

    exit_code = 4


class BusyError(CacherrError):
    """Another instance is working on the same installation or the same storage."""

    exit_code = 75


class RefusedError(CacherrError):
    """What was asked for cannot be done with things as they are now."""
