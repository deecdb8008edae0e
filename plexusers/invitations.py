"""Links by which a friend signs in here: signed, for one user, good for some days. And the sign-in itself.

A sign-in at Plex goes: we get a code, the friend confirms it on Plex's own page, we ask whether that has happened. Plex
answers 429 to whoever asks too often, so each step says when the next look is allowed.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from django.core import signing
from django.urls import reverse

from cacherr.errors import PlexError, RefusedError
from plexusers import entering, plextv
from plexusers.models import PlexUser, TokenOrigin, UserKind
from plexusers.server import client_identifier, nobody_at_plex_tv

DAYS = 7
"""How long a link is good."""
LOOK_SECONDS = 2.0
"""Between two looks at a sign-in in progress; Plex asks for at least one."""
BUSY_SECONDS = 60.0
"""How long to wait when Plex asks for a pause without saying how long."""
SALT = "plexusers.invitations"

Step = Literal["waiting", "done", "expired"]


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in in progress, as a session keeps it between two pages. Times are epoch seconds (UTC)."""

    user: int
    """plex.tv's number of the one who is to sign in."""
    pin: int
    code: str
    expires_at: float
    next_look_at: float

    def kept(self) -> dict[str, Any]:
        """What a session stores."""
        return asdict(self)


def may_be_invited(user: PlexUser) -> bool:
    """Managed users have no account to sign in with, and the owner's token is the server's."""
    return user.kind != UserKind.MAIN and not user.managed and user.gone_at is None


def address(user: PlexUser) -> str:
    """The path of a fresh link for this user."""
    return reverse("signin", args=[signing.dumps(user.plex_id, salt=SALT)])


def invited(link: str) -> PlexUser:
    """Whom a link is for. Raises RefusedError when it is not ours, too old, or for nobody who may sign in."""
    try:
        number = signing.loads(link, salt=SALT, max_age=DAYS * 24 * 3600)
    except signing.SignatureExpired as error:
        raise RefusedError("This link is too old.", "Ask for a new one.") from error
    except signing.BadSignature as error:
        raise RefusedError("This link is not complete.", "Copy it once more, whole.") from error
    user = PlexUser.objects.filter(plex_id=number).first()
    if user is None or not may_be_invited(user):
        raise RefusedError("This link is for nobody who could sign in.", "Ask for a new one.")
    return user


def begin(user: PlexUser, now: float) -> SignIn:
    """Get a code from Plex. One request. Raises PlexError."""
    pin = plextv.begin_sign_in(nobody_at_plex_tv())
    return SignIn(user.plex_id, pin.pin_id, pin.code, now + pin.expires_in, now)


def confirm_address(sign_in: SignIn, back: str) -> str:
    """Plex's own page on which the code is confirmed, and which leads back to this address."""
    return plextv.confirm_address(client_identifier(), sign_in.code, back)


def look(user: PlexUser, sign_in: SignIn, now: float) -> tuple[Step, SignIn]:
    """How far the sign-in is. When it is confirmed, the user's tokens are kept.

    No request before the next look is allowed, else one, and two more when it is confirmed. A Plex that is busy or
    away means waiting. Raises RefusedError when somebody else has signed in.
    """
    if now >= sign_in.expires_at:
        return "expired", sign_in
    if now < sign_in.next_look_at:
        return "waiting", sign_in
    try:
        pin = plextv.sign_in(nobody_at_plex_tv(), sign_in.pin)
        if pin.token:
            entering.accept(user, pin.token, TokenOrigin.SIGNED_IN)
            return "done", sign_in
        wait = LOOK_SECONDS
    except plextv.NothingThereError:
        return "expired", sign_in
    except plextv.TooManyRequestsError as error:
        wait = max(error.wait or BUSY_SECONDS, LOOK_SECONDS)
    except PlexError:
        wait = 5 * LOOK_SECONDS
    return "waiting", SignIn(sign_in.user, sign_in.pin, sign_in.code, sign_in.expires_at, now + wait)
