"""What the admin's pages of users are made of: the form that proves tokens, switches of three states, faces."""

import zlib
from typing import Any

from django import forms
from django.db import models
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from cacherr.errors import CacherrError
from plexusers import entering
from plexusers.models import PlexUser

THREE_STATES = (("unknown", "as the type"), ("true", "yes"), ("false", "no"))
HUES = 12


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


def as_the_type(db_field: "models.Field[Any, Any]", field: Any) -> Any:
    """Name the third state of a switch."""
    if isinstance(db_field, models.BooleanField) and db_field.null and field is not None:
        field.widget.choices = THREE_STATES
    return field


def face(user: PlexUser) -> str:
    """Picture and name; where there is no picture, the initials."""
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
        '<span class="person-name">{}</span></span>',
        hue, initials, picture, user,
    )  # fmt: skip
