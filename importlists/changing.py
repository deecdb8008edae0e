"""Changing a list's settings: checked against its provider, and what was read for other settings is given up."""

from django.core.exceptions import ValidationError

from cacherr.addresses import AddressPolicy
from cacherr.errors import CacherrError
from cacherr.fetching import checked
from importlists.contract import Media, Needs
from importlists.models import ImportList, ListItem, ListPolicy, ListState
from importlists.models.import_list import MAX_FILE_CHARACTERS
from importlists.providers import chart_of

SOURCE = ("provider", "chart", "argument", "address", "file", "media")
"""Fields that make it another list."""
ENTERED = {Needs.NAME: "argument", Needs.ADDRESS: "address", Needs.FILE: "file"}


def check(row: ImportList) -> None:
    """Whether the provider can do what the list asks for. Raises ValidationError, by field."""
    try:
        provider, chart = chart_of(row.provider, row.chart)
    except CacherrError as error:
        raise ValidationError({"chart": str(error)}) from None
    if row.media not in set(chart.media):
        raise ValidationError({"media": f"{provider.name_of(chart)} has no {Media(row.media)}."})
    if (needed := ENTERED.get(chart.needs)) and not getattr(row, needed):
        raise ValidationError({needed: f"This is needed. {chart.hint}"})
    if chart.needs == Needs.ADDRESS:
        try:
            checked(row.address, AddressPolicy(lan=ListPolicy.effective().lists_from_lan))
        except CacherrError as error:
            raise ValidationError({"address": str(error)}) from None
    if len(row.file) > MAX_FILE_CHARACTERS:
        raise ValidationError({"file": "The file is too large to be a list."})


def put(row: ImportList) -> None:
    """Store the list. What other settings have read does not count for these; a list that goes further is read anew."""
    before = ImportList.objects.filter(pk=row.pk).first() if row.pk else None
    if before is not None and any(getattr(before, name) != getattr(row, name) for name in SOURCE):
        ListItem.objects.filter(import_list=row).delete()
        row.state, row.since, row.good_at, row.next_at = ListState.NEW, None, None, None
        row.failures, row.why, row.checked, row.chosen = 0, "", 0, 0
        row.etag = row.last_modified = ""
    elif before is not None and row.reach > before.reach:
        row.etag, row.last_modified, row.next_at = "", "", None
    row.save()
