"""The wizard's row, made at the first start of an installation that has no path mapping yet."""

from django.db import migrations, models

import cacherr.fields


class Migration(migrations.Migration):
    dependencies = [("caching", "0071_usage_samples")]

    operations = [
        migrations.CreateModel(
            name="Setup",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "finished_at",
                    models.DateTimeField(
                        editable=False,
                        help_text="When somebody let the first cycle go (UTC). Before, nothing begins by itself.",
                        null=True,
                    ),
                ),
                (
                    "pin",
                    models.BigIntegerField(
                        editable=False, help_text="A sign-in at Plex that waits to be confirmed.", null=True
                    ),
                ),
                ("pin_code", cacherr.fields.EncryptedField(blank=True, editable=False)),
                ("pin_expires_at", models.FloatField(default=0, editable=False, help_text="Epoch seconds (UTC).")),
                ("pin_next_look_at", models.FloatField(default=0, editable=False, help_text="Epoch seconds (UTC).")),
                (
                    "account_token",
                    cacherr.fields.EncryptedField(
                        blank=True,
                        editable=False,
                        help_text="Of the Plex account that signed in, until its server is chosen.",
                    ),
                ),
                (
                    "detected",
                    models.JSONField(
                        editable=False, help_text="The proposals of the latest detection.", null=True
                    ),
                ),
                (
                    "users_at",
                    models.DateTimeField(
                        editable=False, help_text="When the users were looked through (UTC).", null=True
                    ),
                ),
                (
                    "space_at",
                    models.DateTimeField(editable=False, help_text="When the space was settled (UTC).", null=True),
                ),
                (
                    "preview",
                    models.JSONField(
                        editable=False, help_text="What the first cycle would do, with its reasons.", null=True
                    ),
                ),
                ("preview_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="setup_is_one_row")],
            },
        ),
    ]
