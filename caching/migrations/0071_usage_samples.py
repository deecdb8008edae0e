"""How full the caches were, hour by hour."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("caching", "0070_backups_and_audits")]

    operations = [
        migrations.CreateModel(
            name="UsageSample",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(help_text="The beginning of the hour (UTC).")),
                ("source", models.CharField(help_text="Each file counts for one source; empty: nothing is cached.", max_length=20)),
                ("size", models.BigIntegerField(help_text="Bytes.")),
                ("cache", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="caching.root")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("at", "cache", "source"), name="usage_is_sampled_once_an_hour")],
            },
        ),
    ]
