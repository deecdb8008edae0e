"""What playback leads to, decided as values. Pure."""

from dataclasses import dataclass

from plexusers.models import PlaybackTrigger, PlexUser
from plexusers.sessions import Changes
from plexusers.streams import Stream


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody's playback asks for something to be cached now."""

    stream: Stream
    user: PlexUser | None
    itself: bool
    """Whether what is played is to be cached; else only what comes after it."""

    @property
    def who(self) -> str:
        """The person's name."""
        return str(self.user) if self.user else self.stream.who


def wanted(changes: Changes, trigger: str) -> list[Wanted]:
    """What the changes of a look ask for. Only films and episodes of the library ask for anything."""
    if trigger == PlaybackTrigger.START:
        begun, itself = changes.started, True
    elif trigger == PlaybackTrigger.COMPLETION:
        begun, itself = changes.finished, False
    else:
        return []
    return [
        Wanted(one.stream, one.row.user, itself and not one.stream.is_nearly_over)
        for one in begun
        if one.stream.is_video
    ]
