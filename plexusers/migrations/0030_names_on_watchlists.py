"""All the names that something on a watchlist came with."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("plexusers", "0010_tokens_and_avatars"), ("plexusers", "0020_read_again")]
    operations = [
        migrations.AddField(
            model_name="watchlistentry",
            name="names",
            field=models.JSONField(default=list, help_text="All the guids it came with."),
        ),
    ]
