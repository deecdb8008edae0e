"""Times at which something is done: an interval or a line of cron, read, checked and put into words. Touches no row."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from celery import schedules
from django_celery_beat.tzcrontab import TzAwareCrontab

from cacherr.errors import ConfigurationError

LONGEST = timedelta(days=366)
EXAMPLE = "Write five parts, for example 30 3 * * * for every day at 03:30, or 0 4 * * 0 for Sundays at 04:00."
NEVER = (ValueError, RuntimeError, schedules.ParseException)
"""What a line of cron that makes no time raises; the 31st of February is a RuntimeError."""
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


class Period(StrEnum):
    """The unit of an interval."""

    SECONDS = "seconds"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


SECONDS = {Period.SECONDS: 1, Period.MINUTES: 60, Period.HOURS: 3600, Period.DAYS: 86400}


@dataclass(frozen=True, slots=True)
class Every:
    """Again and again after the same time."""

    every: int
    period: Period

    @property
    def words(self) -> str:
        """`every 30 minutes`, `every hour`."""
        return f"every {self.period[:-1]}" if self.every == 1 else f"every {self.every} {self.period}"

    def check(self, shortest: int) -> None:
        """Raises ConfigurationError when it is shorter than so many seconds, or longer than a year."""
        seconds = self.every * SECONDS[self.period]
        if seconds < shortest or self.every < 1:
            raise ConfigurationError(f"{self.words.capitalize()} is too often.", _at_least(shortest))
        if seconds > LONGEST.total_seconds():
            raise ConfigurationError(f"{self.words.capitalize()} is too seldom.", "At most a year may lie between.")

    def after(self, last: datetime) -> datetime:
        """When it is due next."""
        return last + self._step

    def upon(self, due: datetime, now: datetime) -> datetime:
        """The first of its times from `due` on that is still to come."""
        return due + ((now - due) // self._step + 1) * self._step

    @property
    def _step(self) -> timedelta:
        return timedelta(seconds=self.every * SECONDS[self.period])


@dataclass(frozen=True, slots=True)
class Cron:
    """At certain times. Unlike in Unix, a day of the month and a day of the week must both hold."""

    line: str
    """Minute, hour, day of the month, month, day of the week, in single spaces."""
    zone: str
    """The time zone in which it holds."""

    @classmethod
    def read(cls, text: str, zone: str) -> "Cron":
        """A line as a person wrote it. Raises ConfigurationError."""
        made = cls(" ".join(text.split()), zone)
        try:
            made.after(datetime.now(UTC))
        except NEVER as error:
            raise ConfigurationError(f"{text.strip() or 'Nothing'} is no time that ever comes.", EXAMPLE) from error
        return made

    @property
    def parts(self) -> dict[str, str]:
        """By the names of the columns. Raises ValueError when there are not five."""
        minute, hour, day, month, weekday = self.line.split(" ")
        return {
            "minute": minute, "hour": hour, "day_of_month": day, "month_of_year": month, "day_of_week": weekday,
        }  # fmt: skip

    @property
    def words(self) -> str:
        """`every day at 03:30`; the line itself where that is clearer."""
        minute, hour, *rest = self.line.split(" ")
        if not minute.isdecimal() or rest[:2] != ["*", "*"]:
            return f"at {self.line} (minute, hour, day, month, weekday)"
        days = {"*": "day", **{str(number): name for number, name in enumerate(DAYS)}}.get(rest[2])
        if hour == "*" and days == "day":
            return f"every hour at minute {int(minute)}"
        if not hour.isdecimal() or days is None:
            return f"at {self.line} (minute, hour, day, month, weekday)"
        return f"every {days} at {int(hour):02}:{int(minute):02}"

    def check(self, shortest: int) -> None:
        """Raises ConfigurationError when runs come closer together than so many seconds."""
        minutes = sorted(schedules.crontab_parser(60).parse(self.parts["minute"]))
        around = pairwise([*minutes, minutes[0] + 60])
        if min(later - sooner for sooner, later in around) * 60 < shortest:
            raise ConfigurationError(f"{self.line} is too often.", _at_least(shortest))

    def after(self, last: datetime) -> datetime:
        """When it is due next, after this time (aware). Raises NEVER for a line that makes none."""
        zone: tzinfo = ZoneInfo(self.zone)
        start, left, _ = TzAwareCrontab(**self.parts, tz=zone).remaining_delta(last.astimezone(zone))
        due: datetime = start + left
        return due

    def upon(self, due: datetime, now: datetime) -> datetime:
        """The first of its times that is still to come. Raises as `after` does."""
        return self.after(max(due, now))


Timing = Every | Cron


def _at_least(seconds: int) -> str:
    unit = next(period for period in reversed(Period) if seconds % SECONDS[period] == 0)
    return f"At least {Every(seconds // SECONDS[unit], unit).words.removeprefix('every ')} must lie between."
