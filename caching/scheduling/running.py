"""Running at once what a schedule would run later."""

from cacherr import backups
from cacherr.errors import BusyError, RefusedError
from caching import cycle, nudge
from caching.scheduling.table import JOBS, SESSIONS
from caching.watching import asking


def run_now(name: str, by: str) -> str:
    """Let a worker do it now; what a person is told. Its schedule stays as it is.

    `by` is the door that asks, kept as the trigger of a cycle.

    Raises KeyError; BusyError when a cycle runs or no worker can be reached; RefusedError for a backup of PostgreSQL.
    """
    if name == SESSIONS:
        asking.ask_to_look()
        return "Playback is looked at now."
    job = JOBS[name]
    if name == "cycle":
        cycle.request(by)
        nudge.run_cycle()
        return "The cycle begins."
    if name == "backup" and not backups.is_possible():
        raise RefusedError("Cacherr does not copy a PostgreSQL database.", "Let pg_dump make a copy.")
    if not nudge.run(job.task, job.told):
        raise BusyError("No worker can be reached now.", "Try again when the health says that the broker is back.")
    return f"{job.title}: a worker begins now."
