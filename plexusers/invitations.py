"""Links by which a friend signs in here: signed, for one user, good for some days. And the sign-in itself."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from django.core import signing
from django.urls import reverse

from cacherr.errors import RefusedError
from plexusers import codes, entering
from plexusers.codes import Code
from plexusers.models import PlexUser, TokenOrigin, UserKind

DAYS = 7
"""How long a link is good."""
SALT = "plexusers.invitations"


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in in progress, as a session keeps it between two pages. Times are epoch seconds (UTC)."""

    user: int
    """plex.tv's number of the one who is to sign in."""
    pin: int
    code: str
    expires_at: float
    next_look_at: float

    @classmethod
    def of(cls, user: PlexUser, code: Code) -> Self:
        """This user's sign-in by this code."""
        return cls(user.plex_id, code.pin, code.code, code.expires_at, code.next_look_at)

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
    return SignIn.of(user, codes.begin(now))


def confirm_address(sign_in: SignIn, back: str) -> str:
    """Plex's own page on which the code is confirmed, and which leads back to this address."""
    return codes.confirm_address(sign_in.code, back)


def look(user: PlexUser, sign_in: SignIn, now: float) -> tuple[codes.Step, SignIn]:
    """How far the sign-in is. When it is confirmed, the user's tokens are kept.

    No request before the next look is allowed, else one, and two more when it is confirmed. A Plex that is busy or
    away means waiting. Raises RefusedError when somebody else has signed in.
    """
    step, later = codes.look(
        Code(sign_in.pin, sign_in.code, sign_in.expires_at, sign_in.next_look_at),
        now,
        lambda token: entering.accept(user, token, TokenOrigin.SIGNED_IN),
    )
    return step, SignIn.of(user, later)
