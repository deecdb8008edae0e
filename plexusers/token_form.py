"""What a Plex token can look like: it is sent in a header, which takes nothing but plain signs. Pure."""

from django.core.exceptions import ValidationError

from cacherr.errors import ConfigurationError, PlexSignInError

MALFORMED = "This is no Plex token: it has spaces, line breaks or signs that no token has."
COPY_CURE = "Copy it anew: in Plex ⋯, Get Info, View XML; it is what follows X-Plex-Token= in that page's address."


def is_well_formed(token: str) -> bool:
    """Whether it can be sent: letters, digits and signs of ASCII, none of them a space."""
    return token.isascii() and token.isprintable() and " " not in token


def require_well_formed(token: str) -> None:
    """Of a token that somebody enters. Raises ConfigurationError for what cannot be one."""
    if not is_well_formed(token):
        raise ConfigurationError(MALFORMED, COPY_CURE)


def require_sendable(token: str) -> None:
    """Of a token that is about to be sent. Raises PlexSignInError: Plex would refuse it, could it be sent."""
    if not is_well_formed(token):
        raise PlexSignInError(MALFORMED, COPY_CURE)


def validate_token(value: str) -> None:
    """The same for a field."""
    if not is_well_formed(value):
        raise ValidationError(f"{MALFORMED} {COPY_CURE}")
