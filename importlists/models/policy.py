"""The owner's settings for all lists: keys of the services, and whom custom addresses may lead to."""

from django.db import models

from cacherr.fields import EncryptedField
from cacherr.overrides import SettingsModel


class ListPolicy(SettingsModel):
    """The one row of settings about lists."""

    trakt_client_id = models.CharField(
        "Trakt client ID", max_length=200, blank=True,
        help_text="Of an application made at trakt.tv/oauth/applications; every Trakt list needs it.",
    )  # fmt: skip
    trakt_client_secret = EncryptedField(
        "Trakt client secret", blank=True,
        help_text="Of the same application; needed to sign in for your own lists. Stored encrypted.",
    )  # fmt: skip
    tmdb_key = EncryptedField(
        "TMDb key", blank=True,
        help_text="The API key or the read access token from themoviedb.org/settings/api. Stored encrypted.",
    )  # fmt: skip
    mdblist_key = EncryptedField(
        "MDBList key", blank=True,
        help_text="From mdblist.com/preferences; public lists work without it. Stored encrypted.",
    )  # fmt: skip
    lists_from_lan = models.BooleanField(
        "lists from the home network", default=False,
        help_text="Addresses of lists may lead to this home's own network. Never to this machine itself.",
    )  # fmt: skip

    class Meta:
        verbose_name = "list settings"
        verbose_name_plural = "list settings"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="listpolicy_is_one_row")]

    def __str__(self) -> str:
        return "List settings"
