"""Who is signed in at Trakt."""

from django.db import models

from cacherr.fields import EncryptedField


class TraktAccount(models.Model):
    """The one Trakt account that own lists and private lists are read with, or a sign-in that waits for a person."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    access_token = EncryptedField(blank=True, editable=False)
    refresh_token = EncryptedField(blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, editable=False, help_text="When the access token ends (UTC).")
    device_code = EncryptedField(blank=True, editable=False)
    user_code = models.CharField(max_length=40, blank=True, editable=False, help_text="What the person types at Trakt.")
    verification_url = models.CharField(max_length=300, blank=True, editable=False)
    code_expires_at = models.DateTimeField(null=True, editable=False)
    ask_seconds = models.PositiveSmallIntegerField(default=5, editable=False)
    asked_at = models.DateTimeField(null=True, editable=False, help_text="When Trakt was asked last (UTC).")
    problem = models.TextField(blank=True, editable=False, help_text="Why nobody is signed in, with the cure.")

    class Meta:
        verbose_name = "Trakt sign-in"
        verbose_name_plural = "Trakt sign-in"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="traktaccount_is_one_row")]

    def __str__(self) -> str:
        return "Trakt sign-in"

    @property
    def signed_in(self) -> bool:
        """Whether there are tokens."""
        return bool(self.access_token)
