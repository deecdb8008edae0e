"""Path mappings: kept, detected and proved."""

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status
from pydantic import BaseModel, ConfigDict, Field

from cacherr.envelope import Envelope, Page, Window, ok
from caching import detecting, mappings
from caching.models import Mode, PathMapping
from caching.models.storage import Origin, WantedPlacement

router = Router(tags=["mappings"])


class MappingData(Schema):
    """A path mapping, and how it was proved."""

    id: int
    name: str
    plex_prefix: str
    array_root: str
    cache_root: str
    host_cache_root: str
    placement: WantedPlacement
    mode: Mode
    cache_limit: str
    enabled: bool
    origin: Origin
    """Those of the environment are changed there."""
    proved: bool
    proved_placement: str
    proof: str
    """How the placement was found."""


Text = Annotated[str, Field(max_length=4096)]


class ChangedMapping(BaseModel):
    """What is to be changed; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Text | None = None
    plex_prefix: Text | None = None
    array_root: Text | None = None
    cache_root: Text | None = None
    host_cache_root: Text | None = None
    placement: WantedPlacement | None = None
    mode: Mode | None = None
    cache_limit: Text | None = None
    enabled: bool | None = None


class NewMapping(ChangedMapping):
    """A mapping to be added."""

    name: Text
    plex_prefix: Text
    array_root: Text
    cache_root: Text


class LookIn(BaseModel):
    """Where else to look, beside what is mounted."""

    model_config = ConfigDict(extra="forbid")

    look_in: list[Text] = Field(default_factory=list, max_length=20)
    """Directories that hold media."""
    cache_in: list[Text] = Field(default_factory=list, max_length=20)
    """Directories for cached copies."""


class ProposalData(Schema):
    """A mapping that could be made, and why; `cache_root` is empty where no storage for it was found."""

    name: str
    plex_prefix: str
    array_root: str
    cache_root: str
    placement: WantedPlacement
    reasons: list[str]
    warnings: list[str]
    locations: list[str]


class MissingData(Schema):
    """A directory of Plex's of which no file was found."""

    location: str
    why: str


class DetectedData(Schema):
    """What was found among the mounts."""

    proposals: list[ProposalData]
    missing: list[MissingData]


class MistakeData(Schema):
    """What is wrong with a mapping, or only noteworthy, and its cure."""

    kind: str
    level: Literal["note", "warning", "error"]
    message: str
    cure: str


class ProvedData(Schema):
    """A proved mapping, and what is to be said of it."""

    mapping: MappingData
    findings: list[MistakeData]


def mapping_data(row: PathMapping) -> dict[str, Any]:
    """A mapping for programs."""
    own = {name: getattr(row, name) for name in MappingData.model_fields if hasattr(row, name)}
    return own | {"proved": row.is_proved}


def _row(pk: int) -> PathMapping:
    return get_object_or_404(PathMapping.objects.select_related("array", "cache"), pk=pk)


def _values(asked: ChangedMapping) -> dict[str, Any]:
    return {name: value for name, value in asked.model_dump(exclude_unset=True).items() if value is not None}


@router.get("", response=Envelope[Page[MappingData]])
def get_mappings(request: HttpRequest, asked: Query[Window]) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """All path mappings, also those that are switched off."""
    mappings.in_force()  # brings those of the environment up to date
    return ok(asked.page(PathMapping.objects.select_related("array", "cache").order_by("name"), mapping_data))


@router.post("", response={201: Envelope[MappingData]})
def add_mapping(request: HttpRequest, new: NewMapping) -> Status[dict[str, Any]]:  # noqa: ARG001
    """Add a path mapping. It is not proved by that. 422 for values that cannot be."""
    return Status(201, ok(mapping_data(detecting.change(PathMapping(), _values(new)))))


@router.post("detect", response=Envelope[DetectedData])
def detect(request: HttpRequest, asked: LookIn | None = None) -> dict[str, Any]:  # noqa: ARG001
    """Propose mappings from Plex's libraries and what is mounted here; nothing is stored. 503 without Plex."""
    asked = asked or LookIn()
    told = detecting.ask()
    if told.error:
        raise told.error
    found = detecting.detect(told.locations or (), asked.look_in, asked.cache_in)
    proposals = [{name: getattr(one, name) for name in ProposalData.model_fields} for one in found.proposals]
    return ok({"proposals": proposals, "missing": [{"location": path, "why": why} for path, why in found.missing]})


@router.get("{int:pk}", response=Envelope[MappingData])
def get_mapping(request: HttpRequest, pk: int) -> dict[str, Any]:  # noqa: ARG001
    """One path mapping."""
    return ok(mapping_data(_row(pk)))


@router.put("{int:pk}", response=Envelope[MappingData])
def put_mapping(request: HttpRequest, pk: int, changed: ChangedMapping) -> dict[str, Any]:  # noqa: ARG001
    """Change a path mapping. 409 for one of the environment."""
    return ok(mapping_data(detecting.change(_row(pk), _values(changed))))


@router.delete("{int:pk}", response=Envelope[None])
def delete_mapping(request: HttpRequest, pk: int) -> dict[str, Any]:  # noqa: ARG001
    """Remove a path mapping; what is cached stays and can still be restored. 409 for one of the environment."""
    detecting.remove(_row(pk))
    return ok(None, "The path mapping is removed.")


@router.post("{int:pk}/prove", response=Envelope[ProvedData])
def prove_mapping(request: HttpRequest, pk: int) -> dict[str, Any]:  # noqa: ARG001
    """Look for the usual mistakes, then prove it by trying: 422 or 503 with the first mistake and its cure.

    A new disk at the path of an old one is taken on: 409 while something needs the old one, with what to do first.
    """
    proved = detecting.prove(_row(pk))
    findings = [{name: getattr(one, name) for name in MistakeData.model_fields} for one in proved.notes]
    return ok({"mapping": mapping_data(proved.mapping), "findings": findings}, "It is proved.")
