"""The people: whom Plex knows, what their wishes count for, and how Cacherr asks Plex in their name."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from cacherr.fields import EncryptedField


class UserKind(models.TextChoices):
    """How somebody belongs to the server."""

    MAIN = "main", "main: the server's owner"
    HOME = "home", "home: in the owner's Plex Home, managed or not"
    SHARED = "shared", "shared: a friend"


class TokenOrigin(models.TextChoices):
    """Where a user's token comes from."""

    NONE = "", "none"
    OWNER = "owner", "the owner's own token"
    SHARE = "share", "the share with this user"
    SWITCH = "switch", "a switch of the home user"
    PASTED = "pasted", "entered by hand"
    SIGNED_IN = "signed_in", "the user signed in"


PREFERENCES = (
    "ondeck", "episodes_ahead", "prefetch_minutes", "stale_days", "watchlist", "watchlist_episodes",
    "available_days", "active_watching", "lists", "activity_days", "priority_boost",
)  # fmt: skip
"""What can be set for a type of user and, over that, for a single one."""

_DAYS = [MaxValueValidator(3650)]
_EPISODES = [MaxValueValidator(100)]
_MINUTES = [MaxValueValidator(6000)]
_BOOST = [MinValueValidator(-50), MaxValueValidator(50)]

_HELP = {
    "ondeck": "Cache what is on deck, and what comes next.",
    "episodes_ahead": "How many unwatched episodes after the one on deck.",
    "prefetch_minutes": "Go on beyond that until so many minutes are covered. 0: only the number of episodes counts.",
    "stale_days": "What is on deck but was not watched for so many days is left out. 0: never.",
    "watchlist": "Cache what is on the watchlist.",
    "watchlist_episodes": "How many unwatched episodes of a show on the watchlist.",
    "available_days": "Only watchlist films and shows that came into the library in so many days. 0: all.",
    "active_watching": "Cache what is being played, and what comes after it, at once.",
    "lists": "Import lists count for this user.",
    "activity_days": "A user who played nothing and whose deck did not change for so many days is left out. 0: never.",
    "priority_boost": "Added to the score of everything this user wants, from -50 to 50.",
}


class UserTypeDefaults(models.Model):
    """What holds for all users of a type unless a user says otherwise."""

    kind = models.CharField(max_length=8, choices=UserKind.choices, unique=True, editable=False)
    enabled = models.BooleanField("new users are enabled", default=True)
    ondeck = models.BooleanField("on deck", default=True, help_text=_HELP["ondeck"])
    episodes_ahead = models.PositiveSmallIntegerField(
        default=5, validators=_EPISODES, help_text=_HELP["episodes_ahead"]
    )
    prefetch_minutes = models.PositiveSmallIntegerField(
        default=0, validators=_MINUTES, help_text=_HELP["prefetch_minutes"]
    )
    stale_days = models.PositiveSmallIntegerField(default=0, validators=_DAYS, help_text=_HELP["stale_days"])
    watchlist = models.BooleanField(default=True, help_text=_HELP["watchlist"])
    watchlist_episodes = models.PositiveSmallIntegerField(
        default=3, validators=_EPISODES, help_text=_HELP["watchlist_episodes"]
    )
    available_days = models.PositiveSmallIntegerField(default=0, validators=_DAYS, help_text=_HELP["available_days"])
    active_watching = models.BooleanField(default=True, help_text=_HELP["active_watching"])
    lists = models.BooleanField("import lists", default=True, help_text=_HELP["lists"])
    activity_days = models.PositiveSmallIntegerField(default=0, validators=_DAYS, help_text=_HELP["activity_days"])
    priority_boost = models.SmallIntegerField(default=0, validators=_BOOST, help_text=_HELP["priority_boost"])

    dangerous: ClassVar = dict.fromkeys(PREFERENCES, "")

    class Meta:
        verbose_name = "defaults of a type of user"
        verbose_name_plural = "defaults by type of user"
        ordering = ("id",)

    def __str__(self) -> str:
        return UserKind(self.kind).label


class PlexUser(models.Model):
    """Somebody who watches. Known by the number that plex.tv gave, so a renamed user stays the same user.

    An empty preference means: as the defaults of the user's type say. Nothing here is deleted when Plex is away or
    refuses: a user who left the share is kept with `gone_at`.
    """

    plex_id = models.BigIntegerField(unique=True, editable=False, help_text="The number of the plex.tv account.")
    uuid = models.CharField(max_length=64, blank=True, editable=False)
    kind = models.CharField(max_length=8, choices=UserKind.choices, editable=False)
    title = models.CharField(max_length=200, editable=False)
    username = models.CharField(max_length=200, blank=True, editable=False)
    email = models.CharField(max_length=254, blank=True, editable=False)
    thumb = models.CharField(max_length=500, blank=True, editable=False, help_text="Address of the avatar.")
    managed = models.BooleanField(default=False, editable=False, help_text="A home user without an account of its own.")
    protected = models.BooleanField(default=False, editable=False, help_text="Plex asks for a PIN.")
    all_sections = models.BooleanField(default=True, editable=False)
    sections = models.JSONField(default=list, blank=True, editable=False, help_text="Keys of the libraries shared.")

    enabled = models.BooleanField(default=True, help_text="Whether this user's wishes count at all.")
    ondeck = models.BooleanField("on deck", null=True, blank=True, help_text=_HELP["ondeck"])
    episodes_ahead = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=_EPISODES, help_text=_HELP["episodes_ahead"]
    )
    prefetch_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=_MINUTES, help_text=_HELP["prefetch_minutes"]
    )
    stale_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=_DAYS, help_text=_HELP["stale_days"]
    )
    watchlist = models.BooleanField(null=True, blank=True, help_text=_HELP["watchlist"])
    watchlist_episodes = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=_EPISODES, help_text=_HELP["watchlist_episodes"]
    )
    available_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=_DAYS, help_text=_HELP["available_days"]
    )
    active_watching = models.BooleanField(null=True, blank=True, help_text=_HELP["active_watching"])
    lists = models.BooleanField("import lists", null=True, blank=True, help_text=_HELP["lists"])
    activity_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=_DAYS, help_text=_HELP["activity_days"]
    )
    priority_boost = models.SmallIntegerField(
        null=True, blank=True, validators=_BOOST, help_text=_HELP["priority_boost"]
    )

    pin = EncryptedField("PIN", blank=True, help_text="The PIN of a protected home user. Stored encrypted.")
    token = EncryptedField(
        blank=True, help_text="This user's token for the server. Stored encrypted and never shown again."
    )
    account_token = EncryptedField(
        blank=True, help_text="This user's plex.tv token, which the watchlist needs. Stored encrypted."
    )
    watchlist_feed = EncryptedField(
        blank=True, help_text="Address of this user's watchlist feed (RSS). It is a secret; stored encrypted."
    )
    token_origin = models.CharField(
        max_length=10, choices=TokenOrigin.choices, blank=True, default=TokenOrigin.NONE, editable=False
    )
    token_problem = models.TextField(blank=True, editable=False, help_text="Why there is no good token.")
    token_asked_at = models.DateTimeField(
        null=True, editable=False, help_text="When plex.tv was asked for this user's token last (UTC)."
    )
    pin_refused = models.BooleanField(
        default=False, editable=False, help_text="Plex refused the PIN; it is not tried again until it is changed."
    )

    first_seen_at = models.DateTimeField(auto_now_add=True, help_text="UTC.")
    last_seen_at = models.DateTimeField(null=True, editable=False, help_text="Last named by plex.tv (UTC).")
    last_playback_at = models.DateTimeField(null=True, editable=False, help_text="UTC.")
    last_activity_at = models.DateTimeField(
        null=True, editable=False, help_text="Last playback or change of what is on deck (UTC)."
    )
    deck_digest = models.CharField(max_length=64, blank=True, editable=False)
    gone_at = models.DateTimeField(null=True, editable=False, help_text="Since when plex.tv names this user no more.")

    dangerous: ClassVar = dict.fromkeys(("enabled", *PREFERENCES), "")

    class Meta:
        verbose_name = "user"
        ordering = ("kind", "title", "plex_id")
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=models.Q(kind="main"), name="one_main_user",
                violation_error_message="There is one owner.",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title or self.username or str(self.plex_id)

    @property
    def local_id(self) -> int:
        """The number by which the server itself knows this user, in sessions and history: the owner is always 1."""
        return 1 if self.kind == UserKind.MAIN else self.plex_id


class Avatar(models.Model):
    """A user's picture, kept here so that pages need nobody else to show it."""

    user = models.OneToOneField(PlexUser, models.CASCADE, primary_key=True, related_name="avatar")
    source = models.CharField(max_length=500, help_text="The address it was read from.")
    content_type = models.CharField(max_length=20, blank=True, help_text="Empty: there is no picture at the address.")
    body = models.BinaryField(default=bytes)

    class Meta:
        verbose_name = "avatar"

    def __str__(self) -> str:
        return f"avatar of {self.user}"
