from django.db import migrations, models

HELP = "Where another program renamed our symlink to, below the array's root; empty: it has the path."


class Migration(migrations.Migration):

    dependencies = [("caching", "0090_setup")]

    operations = [
        migrations.AddField(
            model_name=name, name="renamed_to", field=models.BinaryField(default=b"", help_text=HELP),
        )
        for name in ("cachedfile", "operation")
    ]  # fmt: skip
