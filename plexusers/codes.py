"""A sign-in at Plex by a code: we get one, somebody confirms it on Plex's own page, we ask whether that has happened.

Plex answers 429 to whoever asks too often, so each look says when the next one is allowed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from cacherr.errors import PlexError
from plexusers import plextv
from plexusers.server import client_identifier, nobody_at_plex_tv

LOOK_SECONDS = 2.0
"""Between two looks at a sign-in in progress; Plex asks for at least one."""
BUSY_SECONDS = 60.0
"""How long to wait when Plex asks for a pause without saying how long."""

Step = Literal["waiting", "done", "expired"]


@dataclass(frozen=True, slots=True)
class Code:
    """A code that waits to be confirmed. Times are epoch seconds (UTC)."""

    pin: int
    code: str
    expires_at: float
    next_look_at: float

    def __repr__(self) -> str:
        return f"Code({self.pin})"  # a code must not get into a log


def begin(now: float) -> Code:
    """Get a code from Plex. One request. Raises PlexError."""
    pin = plextv.begin_sign_in(nobody_at_plex_tv())
    return Code(pin.pin_id, pin.code, now + pin.expires_in, now)


def confirm_address(code: str, back: str) -> str:
    """Plex's own page on which the code is confirmed, and which leads back to this address."""
    return plextv.confirm_address(client_identifier(), code, back)


def look(code: Code, now: float, accept: Callable[[str], None]) -> tuple[Step, Code]:
    """How far the sign-in is. `accept` is given the account's token once it is confirmed.

    No request before the next look is allowed, else one, beside those of `accept`. A Plex that is busy or away means
    waiting, also when `accept` meets it. Raises what else `accept` raises.
    """
    if now >= code.expires_at:
        return "expired", code
    if now < code.next_look_at:
        return "waiting", code
    try:
        pin = plextv.sign_in(nobody_at_plex_tv(), code.pin)
        if pin.token:
            accept(pin.token)
            return "done", code
        wait = LOOK_SECONDS
    except plextv.NothingThereError:
        return "expired", code
    except plextv.TooManyRequestsError as error:
        wait = max(error.wait or BUSY_SECONDS, LOOK_SECONDS)
    except PlexError:
        wait = 5 * LOOK_SECONDS
    return "waiting", replace(code, next_look_at=now + wait)
