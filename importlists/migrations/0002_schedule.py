"""The schedule's row. Made once: what a person changes afterwards stays as it was changed."""

from django.db import migrations

NAME, TASK = "Lists", "importlists.tasks.refresh_lists"


def make_schedule(apps, schema_editor):
    interval = apps.get_model("django_celery_beat", "IntervalSchedule")
    every, _ = interval.objects.get_or_create(every=1, period="minutes")
    defaults = {"name": NAME, "interval": every, "expire_seconds": 50, "description": "Reads the lists that are due."}
    apps.get_model("django_celery_beat", "PeriodicTask").objects.get_or_create(task=TASK, defaults=defaults)


def remove_schedule(apps, schema_editor):
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(task=TASK).delete()


class Migration(migrations.Migration):
    dependencies = [("importlists", "0001_lists"), ("django_celery_beat", "0019_alter_periodictasks_options")]

    operations = [migrations.RunPython(make_schedule, remove_schedule)]
