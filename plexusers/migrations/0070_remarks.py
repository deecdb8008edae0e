"""Sentences for the activity feed, and the schedule's row of looking at the users."""

import django.utils.timezone
from django.db import migrations, models

TASK = "plexusers.tasks.look_at_users"


def add(apps, schema_editor):
    interval = apps.get_model("django_celery_beat", "IntervalSchedule")
    every, _ = interval.objects.get_or_create(every=6, period="hours")
    description = "Asks plex.tv who belongs to the server."
    defaults = {"name": "Users", "interval": every, "description": description, "expire_seconds": 3600}
    apps.get_model("django_celery_beat", "PeriodicTask").objects.get_or_create(task=TASK, defaults=defaults)


def remove(apps, schema_editor):
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(task=TASK).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("plexusers", "0062_sign_in_needed"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [
        migrations.CreateModel(
            name="Remark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("source", "source"), ("user", "user"), ("list", "list"), ("pin", "pin"), ("mapping", "path mapping"), ("setting", "settings"), ("backup", "backup")], max_length=8)),
                ("warning", models.BooleanField(default=False, help_text="Whether somebody should look at it.")),
                ("message", models.TextField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now, help_text="UTC.")),
            ],
            options={
                "ordering": ("-at", "-id"),
                "indexes": [models.Index(fields=["kind", "-at"], name="remarks_by_kind_and_time")],
            },
        ),
        migrations.RunPython(add, remove),
    ]
