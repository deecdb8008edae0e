"""One row of defaults for each type of user: everything for those at home, what is on deck for friends."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

BY_KIND = {
    "main": {"activity_days": 0},
    "home": {"activity_days": 90},
    "shared": {"activity_days": 30, "watchlist": False, "active_watching": False, "lists": False},
}


def make(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    model = apps.get_model("plexusers", "UserTypeDefaults")
    for kind, values in BY_KIND.items():
        model.objects.get_or_create(kind=kind, defaults=values)


class Migration(migrations.Migration):
    dependencies = [("plexusers", "0002_people")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
