"""The Plex server: trying an address and a token."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import BaseModel, ConfigDict, Field

from cacherr.envelope import Envelope, ok
from plexusers.server import tried

router = Router(tags=["settings"])


class PlexToTry(BaseModel):
    """What is to be tried; what is left out is taken from the settings. Nothing is stored."""

    model_config = ConfigDict(extra="forbid")

    plex_url: Annotated[str, Field(max_length=300)] = ""
    plex_token: Annotated[str, Field(max_length=200)] = ""


class TriedPlex(Schema):
    """A Plex server that answers."""

    name: str
    machine_identifier: str
    libraries: list[str]
    """Titles of its libraries."""


@router.post("test/plex", response=Envelope[TriedPlex])
def test_plex(request: HttpRequest, asked: PlexToTry | None = None) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own
    """Whether Plex answers there and takes the token as its owner's: 422 or 503 with the reason and its cure."""
    asked = asked or PlexToTry()
    found = tried(asked.plex_url, asked.plex_token)
    return ok(
        {"name": found.name, "machine_identifier": found.machine_identifier, "libraries": list(found.libraries)},
        f"{found.name} answers.",
    )
