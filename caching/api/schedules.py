"""When things are done by themselves: reading, changing, and doing them now."""

from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from django.http import Http404, HttpRequest
from ninja import Body, Router, Schema, Status
from pydantic import BaseModel, ConfigDict, Field

from cacherr.envelope import Envelope, ok
from cacherr.errors import ConfigurationError
from caching import scheduling
from caching.scheduling import Cron, Every, Period, Timing

router = Router(tags=["schedules"])


class ScheduleData(Schema):
    """A schedule: either `every` and `period`, or `cron`. Times in UTC."""

    name: str
    title: str
    does: str
    enabled: bool
    words: str
    """When, for people."""
    every: int | None
    period: Period | None
    cron: str | None
    time_zone: str | None
    next_at: datetime | None
    last_at: datetime | None
    changeable: bool
    """False: it has settings of its own."""


class Schedules(Schema):
    """All or some of them."""

    items: list[ScheduleData]


class ScheduleChange(BaseModel):
    """What of a schedule is to be changed; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool | None = None
    every: int | None = Field(None, ge=1, le=31_622_400)
    period: Period | None = None
    cron: Annotated[str, Field(max_length=100)] | None = None

    def timing(self) -> Timing | None:
        """The time it asks for. Raises ConfigurationError."""
        interval = self.every is not None or self.period is not None
        if interval and self.cron is not None:
            raise ConfigurationError("A schedule has either an interval or a line of cron.", "Leave one of them out.")
        if self.cron is not None:
            return Cron.read(self.cron, settings.TIME_ZONE)
        if not interval:
            return None
        if self.every is None or self.period is None:
            raise ConfigurationError("An interval has a number and a unit.", "Send every and period.")
        return Every(self.every, self.period)


@router.get("", response=Envelope[Schedules])
def get_schedules(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001 - Ninja's own signature
    """All schedules, with when each is due next."""
    return ok({"items": [one.told() for one in scheduling.everything()]})


@router.put("", response=Envelope[Schedules])
def put_schedules(request: HttpRequest, body: Body[dict[str, ScheduleChange]]) -> dict[str, Any]:  # noqa: ARG001
    """Change some of them, all or none. 422 for a time that never comes or comes too often."""
    changes = {name: scheduling.Change(one.enabled, one.timing()) for name, one in body.items()}
    _require(*changes)
    return ok({"items": [one.told() for one in scheduling.change(changes)]}, "It holds within seconds.")


@router.post("{name}/run", response={202: Envelope[ScheduleData]})
def run_schedule(request: HttpRequest, name: str) -> Status[dict[str, Any]]:  # noqa: ARG001
    """Do it now; the schedule stays as it is. 409 while a cycle runs or no worker can be reached."""
    _require(name)
    said = scheduling.run_now(name, "api")
    return Status(202, ok(scheduling.one(name).told(), said))


def _require(*names: str) -> None:
    if unknown := set(names) - {*scheduling.JOBS, scheduling.SESSIONS}:
        raise Http404(f"There is no schedule {min(unknown)}.")
