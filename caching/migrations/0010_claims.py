"""Sources become claims, one for each user and source: there is no bound to how many may want a file."""

from django.db import migrations, models

SOURCES = models.TextField(
    blank=True, help_text="The claims of those who want it, or wanted it last, separated by commas."
)


class Migration(migrations.Migration):
    dependencies = [("caching", "0007_damaged_originals")]
    operations = [
        migrations.AlterField(model_name="cachedfile", name="sources", field=SOURCES),
        migrations.AlterField(model_name="operation", name="sources", field=SOURCES),
    ]
