"""`export_settings`: the settings of this installation as a document."""

import json
from typing import Any

from django.core.management.base import CommandParser

from cacherr.commands import CacherrCommand
from caching.transfer import export_document


class Command(CacherrCommand):
    """Writes a document that `import_settings` reads."""

    help = "Write all settings as a JSON document to standard output. Secrets are left out unless asked for."
    needs_settings = False

    def add_arguments(self, parser: CommandParser) -> None:
        """`--secrets`."""
        super().add_arguments(parser)
        parser.add_argument(
            "--secrets", action="store_true", help="with tokens, keys and private addresses in plain text: keep it safe"
        )

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:
        """The document is the report."""
        return export_document(secrets=options["secrets"]), 0

    def tell(self, report: dict[str, Any]) -> None:
        """For people, indented."""
        self.stdout.write(json.dumps(report, indent=2))
