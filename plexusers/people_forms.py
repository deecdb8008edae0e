"""What the admin's pages of users are made of: the form that proves tokens, switches of three states, faces."""

import zlib
from datetime import datetime
from typing import Any

from django import forms
from django.db import models
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.timesince import timesince
from django.utils.timezone import localtime

from cacherr.errors import CacherrError
from plexusers import entering
from plexusers.models import PREFERENCES, PlexUser, UserTypeDefaults
from plexusers.preferences import standing

HUES = 12
LEVELS = {"active": "good", "inactive": "warn", "disabled": ""}


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    """A pasted token is proved to be the user's before anything is saved."""

    class Meta:
        """Which fields there are is the page's matter."""

        model = PlexUser
        fields: tuple[str, ...] = ()

    def clean(self) -> dict[str, Any]:
        """Prove and keep the token, when there is one and all else is right."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        token = cleaned.get("token")
        if token and not self.errors:
            try:
                entering.paste(self.instance, token.strip())
            except CacherrError as error:
                self.add_error("token", str(error))
            # What was pasted may be the token for plex.tv; the one for the server has been found by it.
            cleaned["token"] = self.instance.token
        return cleaned


def three_states(first: str) -> list[tuple[str, str]]:
    """What a switch offers that may have no value of its own."""
    return [("unknown", first), ("true", "yes"), ("false", "no")]


def as_the_type(db_field: "models.Field[Any, Any]", field: Any) -> Any:
    """Name the third state of a switch; say what may be pasted."""
    if isinstance(db_field, models.BooleanField) and db_field.null and field is not None:
        field.widget.choices = three_states("default")
    if db_field.name == "token":
        field.label = "Paste a token"
        field.help_text = "This user's token for plex.tv or for the server. It is proved first, and never shown."
    return field


def show_defaults(fields: dict[str, Any], defaults: UserTypeDefaults) -> None:
    """On a user's form: what holds while a field is left as it is."""
    for name in PREFERENCES:
        if name in fields:
            value, widget = getattr(defaults, name), fields[name].widget
            if isinstance(value, bool):
                widget.choices = three_states(f"default of the type: {'yes' if value else 'no'}")
            else:
                widget.attrs["placeholder"] = f"default of the type: {value}"


def standing_of(user: PlexUser, activity_days: int, now: datetime) -> str:
    """Whether a user counts, and why not."""
    status, why = standing(user, activity_days, now)
    reason = format_html('<span class="file-why">{}</span>', why) if why else ""
    return format_html(
        '<span class="person-status"><span class="file-chip" data-level="{}">{}</span>{}</span>',
        LEVELS[status], status, reason,
    )  # fmt: skip


def ago(at: datetime | None) -> str:
    """How long ago something was; the moment itself is seen when it is pointed at."""
    if at is None:
        return "unknown"
    moment = date_format(localtime(at), "j M Y, H:i")
    return format_html('<time datetime="{}" title="{}">{} ago</time>', at.isoformat(), moment, timesince(at))


def face(user: PlexUser, kind: str) -> str:
    """Picture, name and type; where there is no picture, the initials."""
    avatar = getattr(user, "avatar", None)
    initials = "".join(word[0] for word in str(user).split()[:2]).upper()
    picture = mark_safe("")
    if avatar is not None and avatar.content_type:
        # Another picture has another address, so that browsers do not go on showing the former one.
        mark = zlib.crc32(avatar.source.encode())
        address = reverse("admin:plexusers_avatar", args=[user.pk])
        picture = format_html('<img src="{}?{}" alt="" loading="lazy" width="32" height="32">', address, mark)
    hue = user.plex_id % HUES
    return format_html(
        '<span class="person"><span class="person-face" data-hue="{}" aria-hidden="true">{}{}</span>'
        '<span><span class="person-name">{}</span><span class="person-kind">{}</span></span></span>',
        hue, initials, picture, user, kind,
    )  # fmt: skip
