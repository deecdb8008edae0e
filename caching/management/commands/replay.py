"""`replay`: what other settings would have come to."""

import time
from typing import Any

from django.core.management.base import CommandParser

from cacherr.commands import CacherrCommand
from caching.ledger.chart import percent
from caching.planning.sizes import readable
from caching.replaying import comparing, scenarios
from caching.replaying.recalling import SOURCES

QUIET_SECONDS = 1.0
"""Nothing is said about the progress for so long."""


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


class Command(CacherrCommand):
    """Replays what was played with the settings in force and with others."""

    help = "Replay what was played with other settings: what would the hit rate and the gigabytes moved have been?"

    def add_arguments(self, parser: CommandParser) -> None:
        """Where the past comes from, and the settings to try."""
        super().add_arguments(parser)
        parser.add_argument(
            "--source", choices=SOURCES, default="ledger", help="Cacherr's own ledger or Plex's history"
        )
        parser.add_argument("--days", type=int, default=comparing.DAYS, help="how far back; %(default)s")
        parser.add_argument(
            "--set", action="append", nargs="+", default=[], metavar="NAME=VALUE", dest="sets",
            help=f"a set of settings to try instead; several sets side by side. There are {', '.join(scenarios.NAMES)}",
        )  # fmt: skip
        parser.add_argument("--others", action="store_true", help="compare with simpler policies as well")

    def perform(self, **options: Any) -> tuple[dict[str, Any], int]:
        """Compare the sets."""
        asked = comparing.asked(
            options["source"],
            options["days"],
            [scenarios.assignments(words) for words in options["sets"]],
            others=options["others"],
        )
        return {"success": True, **comparing.compare(asked, self._progress())}, 0

    def tell(self, report: dict[str, Any]) -> None:
        """A table, and what it does not say."""
        if not report["plays"]:
            self.stdout.write(f"Nothing was played in the last {report['days']} days, as far as is known.")
            return
        counts = [_counted(report[f"{what}s"], what) for what in ("play", "user", "day")]
        self.stdout.write("{} of {} in {}.".format(*counts))
        width = max(len(row["name"]) for row in report["sets"])
        self.stdout.write(f"{'':{width}}  hit rate  by hours  to the cache  back     wake-ups avoided")
        for row in report["sets"]:
            rates = f"{percent(row['hit_rate']):>8}  {percent(row['hit_rate_by_hours']):>8}"
            moved = f"{readable(row['bytes_cached']):>12}  {readable(row['bytes_returned']):<8}"
            self.stdout.write(f"{row['name']:{width}}  {rates}  {moved} {row['wakeups']['avoided']}")
        for sentence in report["notes"]:
            self.stdout.write(sentence)

    def _progress(self) -> comparing.Told:
        """Says how far it is on standard error, at most once a second."""
        told = [time.monotonic()]

        def tell(share: float) -> None:
            if time.monotonic() - told[0] >= QUIET_SECONDS:
                told[0] = time.monotonic()
                self.stderr.write(f"{share:.0%} replayed")

        return tell
