"""The schedule's rows. Made once: what a person changes afterwards stays as it was changed."""

from django.db import migrations

TASKS = (
    ("Cycle", "caching.tasks.run_cycle", 60, "Looks at what people will watch next and moves files.", 1800),
    ("Upkeep", "caching.tasks.tend", 1, "Shows that beat and worker live; finishes what a crash left.", 50),
)


def make_schedule(apps, schema_editor):
    interval = apps.get_model("django_celery_beat", "IntervalSchedule")
    task = apps.get_model("django_celery_beat", "PeriodicTask")
    for name, path, minutes, description, expires in TASKS:
        every, _ = interval.objects.get_or_create(every=minutes, period="minutes")
        defaults = {"name": name, "interval": every, "description": description, "expire_seconds": expires}
        task.objects.get_or_create(task=path, defaults=defaults)


def remove_schedule(apps, schema_editor):
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(task__in=[row[1] for row in TASKS]).delete()


class Migration(migrations.Migration):
    dependencies = [("caching", "0001_initial"), ("django_celery_beat", "0019_alter_periodictasks_options")]

    operations = [migrations.RunPython(make_schedule, remove_schedule)]
