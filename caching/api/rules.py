"""Rules about what may be cached, and what one would hit before it is stored."""

from typing import Annotated, Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema, Status
from pydantic import BaseModel, ConfigDict, Field

from cacherr.envelope import Envelope, Page, Window, ok
from caching.api.checking import checked
from caching.models import Resolution, Rule, RuleAction, RuleKind
from caching.models.rule import CONDITIONS, SEVERAL, words
from caching.rulebook import previewing
from caching.rulebook.telling import told

router = Router(tags=["rules"])

Text = Annotated[str, Field(max_length=4096)]
Word = Annotated[str, Field(min_length=1, max_length=200, pattern="^[^,]+$")]
Days = Annotated[int | None, Field(None, ge=1, le=36_500)]


class RuleChange(BaseModel):
    """A rule's settings; what is left out stays, or asks nothing."""

    model_config = ConfigDict(extra="forbid")

    name: Text | None = None
    enabled: bool | None = None
    order: int | None = Field(None, ge=0, le=1_000_000, description="The smallest is asked first.")
    action: RuleAction | None = None
    libraries: list[Word] | None = Field(None, description="Keys of libraries.")
    kind: RuleKind | None = Field(None, description="null: both.")
    title: Text | None = Field(None, description="Of a film or a show; * stands for any text, ? for one character.")
    labels: list[Word] | None = None
    genres: list[Word] | None = None
    path: Text | None = Field(None, description="As Plex sees it; * stands for slashes too.")
    larger_than: Text | None = Field(None, description="Such as 60GB.")
    smaller_than: Text | None = None
    resolutions: list[Resolution] | None = None
    added_before_days: Days
    added_within_days: Days
    released_before_days: Days
    released_within_days: Days


class Previewed(RuleChange):
    """A rule that is not stored, or a stored one with changes."""

    id: int | None = Field(None, description="The stored rule that the rest is laid over.")


class RuleData(Schema):
    """A rule."""

    id: int
    name: str
    enabled: bool
    order: int
    action: RuleAction
    libraries: list[str]
    kind: str
    title: str
    labels: list[str]
    genres: list[str]
    path: str
    larger_than: str
    smaller_than: str
    resolutions: list[str]
    added_before_days: int | None
    added_within_days: int | None
    released_before_days: int | None
    released_within_days: int | None


class ExampleData(Schema):
    """A file that a rule hits. Size in bytes."""

    title: str
    path: str
    size: int


class HitsData(Schema):
    """Files that a rule hits; `size` in bytes of all of them, the largest as examples."""

    files: int
    size: int
    examples: list[ExampleData]


class PreviewData(Schema):
    """What a rule would hit."""

    total: int
    """So many files were looked at."""
    files: int
    """So many it hits."""
    size: int
    """Bytes of those together."""
    cached: HitsData
    """What of it is cached now."""
    array: HitsData
    """What of it is not."""
    earlier: int
    """Of so many files hit a rule before it decides."""
    unknown: int
    """Of so many files it is not known."""
    notes: list[str]


@router.get("", response=Envelope[Page[RuleData]])
def get_rules(request: HttpRequest, asked: Query[Window]) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """The rules, in the order in which they are asked."""
    return ok(asked.page(Rule.objects.order_by("order", "name"), _data))


@router.post("", response={201: Envelope[RuleData]})
def post_rule(request: HttpRequest, body: RuleChange) -> Status[dict[str, Any]]:  # noqa: ARG001
    """Add a rule; it holds from the next cycle on. 422 for what cannot be meant."""
    row = _laid_over(Rule(), body)
    checked(row).save()
    return Status(201, ok(_data(row), "It holds from the next cycle on."))


@router.post("preview", response=Envelope[PreviewData])
def preview_rule(request: HttpRequest, body: Previewed) -> dict[str, Any]:  # noqa: ARG001
    """What a rule would hit, of the library and of what is cached now; nothing is stored, no name is needed."""
    row = _laid_over(get_object_or_404(Rule, pk=body.id) if body.id is not None else Rule(), body)
    return ok(told(previewing.preview(checked(row, but="name"))))


@router.get("{int:rule_id}", response=Envelope[RuleData])
def get_rule(request: HttpRequest, rule_id: int) -> dict[str, Any]:  # noqa: ARG001
    """A rule."""
    return ok(_data(get_object_or_404(Rule, pk=rule_id)))


@router.put("{int:rule_id}", response=Envelope[RuleData])
def put_rule(request: HttpRequest, rule_id: int, body: RuleChange) -> dict[str, Any]:  # noqa: ARG001
    """Change a rule; what is left out stays, `null` asks nothing. 422 for what cannot be meant."""
    row = _laid_over(get_object_or_404(Rule, pk=rule_id), body)
    checked(row).save()
    return ok(_data(row), "It holds from the next cycle on.")


@router.delete("{int:rule_id}", response=Envelope[dict[str, str]])
def delete_rule(request: HttpRequest, rule_id: int) -> dict[str, Any]:  # noqa: ARG001
    """Delete a rule."""
    row = get_object_or_404(Rule, pk=rule_id)
    row.delete()
    return ok({"name": row.name}, f"The rule {row.name} is deleted.")


def _laid_over(row: Rule, body: RuleChange) -> Rule:
    for name, value in body.model_dump(exclude_unset=True, exclude={"id"}).items():
        if name in SEVERAL:
            setattr(row, name, ", ".join(value or ()))
        elif value is not None or name.endswith("_days"):
            setattr(row, name, value)
        elif name in CONDITIONS:
            setattr(row, name, "")
    return row


def _data(row: Rule) -> dict[str, Any]:
    plain = {name: getattr(row, name) for name in RuleData.model_fields if name != "id"}
    return plain | {"id": row.pk} | {name: words(getattr(row, name)) for name in SEVERAL}
