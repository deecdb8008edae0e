"""How far the setting up of this installation is."""

from django.db import models

from cacherr.fields import EncryptedField


class Setup(models.Model):
    """The one row of the first-run wizard. What was entered lies where it belongs; here is what lies nowhere else."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    finished_at = models.DateTimeField(
        null=True, editable=False,
        help_text="When somebody let the first cycle go (UTC). Before, nothing begins by itself.",
    )  # fmt: skip
    pin = models.BigIntegerField(null=True, editable=False, help_text="A sign-in at Plex that waits to be confirmed.")
    pin_code = EncryptedField(blank=True, editable=False)
    pin_expires_at = models.FloatField(default=0, editable=False, help_text="Epoch seconds (UTC).")
    pin_next_look_at = models.FloatField(default=0, editable=False, help_text="Epoch seconds (UTC).")
    account_token = EncryptedField(
        blank=True, editable=False, help_text="Of the Plex account that signed in, until its server is chosen."
    )
    detected = models.JSONField(null=True, editable=False, help_text="The proposals of the latest detection.")
    users_at = models.DateTimeField(null=True, editable=False, help_text="When the users were looked through (UTC).")
    space_at = models.DateTimeField(null=True, editable=False, help_text="When the space was settled (UTC).")
    preview = models.JSONField(null=True, editable=False, help_text="What the first cycle would do, with its reasons.")
    preview_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="setup_is_one_row")]

    def __str__(self) -> str:
        return "Setup"
