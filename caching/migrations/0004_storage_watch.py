"""The schedule's row for watching whether a cache disk is gone."""

from django.db import migrations

TASK = "caching.tasks.watch_storage"


def add(apps, schema_editor):
    interval = apps.get_model("django_celery_beat", "IntervalSchedule")
    every, _ = interval.objects.get_or_create(every=15, period="seconds")
    description = "Sees when a cache disk is gone, and brings parked originals back."
    defaults = {"name": "Storage watch", "interval": every, "description": description, "expire_seconds": 10}
    apps.get_model("django_celery_beat", "PeriodicTask").objects.get_or_create(task=TASK, defaults=defaults)


def remove(apps, schema_editor):
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(task=TASK).delete()


class Migration(migrations.Migration):
    dependencies = [("caching", "0003_file_moving"), ("django_celery_beat", "0019_alter_periodictasks_options")]

    operations = [migrations.RunPython(add, remove)]
