"""Settings of backups and of the dashboard, and the schedule's rows of audit and backup."""

import django.core.validators
from django.conf import settings
from django.db import migrations, models

TASKS = (
    ("Audit", "caching.tasks.audit", {"minute": "0", "hour": "4", "day_of_week": "0"}, "Looks and repairs nothing."),
    ("Backup", "caching.tasks.back_up", {"minute": "30", "hour": "3"}, "Copies the database and its key."),
)


def add(apps, schema_editor):
    crontab = apps.get_model("django_celery_beat", "CrontabSchedule")
    task = apps.get_model("django_celery_beat", "PeriodicTask")
    for name, path, times, description in TASKS:
        at, _ = crontab.objects.get_or_create(timezone=settings.TIME_ZONE, **times)
        defaults = {"name": name, "crontab": at, "description": description, "expire_seconds": 3600}
        task.objects.get_or_create(task=path, defaults=defaults)


def remove(apps, schema_editor):
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(task__in=[row[1] for row in TASKS]).delete()


class Migration(migrations.Migration):
    dependencies = [("caching", "0062_notifications"), ("django_celery_beat", "0019_alter_periodictasks_options")]

    operations = [
        migrations.AddField(
            model_name="cachepolicy",
            name="backups_kept",
            field=models.PositiveSmallIntegerField(default=7, help_text="How many backups are kept in the directory backups of the configuration; older ones are removed.", validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)]),
        ),
        migrations.AddField(
            model_name="cachepolicy",
            name="dashboard_poll_seconds",
            field=models.PositiveSmallIntegerField(default=5, help_text="How often the dashboard asks what is going on where live updates do not come through.", validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(300)], verbose_name="seconds between questions of the dashboard"),
        ),
        migrations.RunPython(add, remove),
    ]
