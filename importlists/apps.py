"""App configuration."""

from django.apps import AppConfig


class ImportListsConfig(AppConfig):
    """Everything that comes from lists."""

    name = "importlists"
    verbose_name = "Import lists"
