from django.db import migrations, models

HELP = "An audit found bit rot in the cached copy: no original is made again from it."


class Migration(migrations.Migration):

    dependencies = [("caching", "0091_renamed_names")]

    operations = [
        migrations.AddField(
            model_name=name, name="copy_damaged", field=models.BooleanField(default=False, help_text=HELP),
        )
        for name in ("cachedfile", "operation")
    ]  # fmt: skip
