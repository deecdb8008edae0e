"""Endpoints of plex.tv for signing in through a browser: a client asks for a code and waits until it is confirmed."""

from datetime import UTC, datetime

from plexusers.standin.documents import told
from plexusers.standin.online import PIN_SECONDS
from plexusers.standin.records import Pin
from plexusers.standin.wire import Answer, Request, error

CLIENT = "x-plex-client-identifier"


def begin(request: Request) -> Answer:
    """A new code. The client has to name itself, and only to it the token will be told."""
    client = _client(request)
    if not client:
        return error(400)
    pin = request.household.online.add_pin(client, strong=request.flag("strong"))
    return told(request, "pin", _facts(request, pin), status=201)


def look(request: Request) -> Answer:
    """How far a sign-in is: with the account's token once somebody confirmed it."""
    online, number = request.household.online, request.names["pin"]
    pin = online.pins.get(int(number)) if number.isdigit() else None
    if pin is None or pin.client != _client(request) or online.is_expired(pin):
        return error(404)
    return told(request, "pin", _facts(request, pin))


def _client(request: Request) -> str:
    return request.headers.get(CLIENT) or request.query.get("X-Plex-Client-Identifier", "")


def _facts(request: Request, pin: Pin) -> dict[str, object]:
    left = int(pin.created_at + PIN_SECONDS - request.household.now())
    return {
        "id": pin.id,
        "code": pin.code,
        "product": request.headers.get("x-plex-product", "0"),
        "trusted": False,
        "clientIdentifier": pin.client,
        "location": {"code": "GB", "country": "United Kingdom", "city": "London", "time_zone": "Europe/London"},
        "expiresIn": left,
        "createdAt": _moment(pin.created_at),
        "expiresAt": _moment(pin.created_at + PIN_SECONDS),
        "authToken": pin.token,
        "newRegistration": False if pin.token else None,
    }


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
