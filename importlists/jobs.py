"""Reading several lists: hosts beside each other, the lists of one host one after the other. Touches no row."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import SimpleQueue
from urllib.parse import urlsplit

from cacherr.addresses import AddressPolicy
from cacherr.errors import CacherrError, ConfigurationError, OutsideError
from cacherr.fetching import Fetcher
from importlists.asking import LATER, Asker, Conditions, UnchangedError
from importlists.contract import Entry, Keys, Media, Request
from importlists.models import ImportList, ListPolicy
from importlists.providers import chart_of
from importlists.reading import read
from plexusers.models import PlexServer
from plexusers.plex import Plex

MOST_HOSTS = 6


@dataclass(frozen=True, slots=True)
class Job:
    """One list to be read, as values."""

    pk: int
    provider: str
    host: str
    request: Request
    conditions: Conditions
    policy: AddressPolicy
    server: PlexServer = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How reading a list went: entries; or nothing new; or why it failed, and for how long to wait (seconds)."""

    job: Job
    entries: tuple[Entry, ...] = ()
    unchanged: bool = False
    failed: str = ""
    wait: float = 0.0
    conditions: Conditions = field(default_factory=Conditions)


def job_of(row: ImportList, keys: Keys, *, afresh: bool = False) -> Job:
    """What reading this list takes; `afresh` also when it did not change."""
    request = Request(row.chart, Media(row.media), row.reach, row.argument.strip(), row.address, row.file, keys)
    conditions = Conditions() if afresh else Conditions(row.etag, row.last_modified)
    policy = AddressPolicy(lan=ListPolicy.effective().lists_from_lan)
    return Job(row.pk or 0, row.provider, _host(row), request, conditions, policy, PlexServer.effective())


def _host(row: ImportList) -> str:
    try:
        provider, _ = chart_of(row.provider, row.chart)
        return provider.host or urlsplit(row.address).hostname or provider.name
    except (ConfigurationError, ValueError):
        return row.provider


def outcomes(jobs: Iterable[Job]) -> Iterator[Outcome]:
    """Each list's outcome, as soon as it is there. Raises nothing."""
    by_host: defaultdict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        by_host[job.host].append(job)
    if not by_host:
        return
    done: SimpleQueue[Outcome] = SimpleQueue()

    def one_after_the_other(mine: list[Job]) -> None:
        for job in mine:
            done.put(outcome(job))

    with ThreadPoolExecutor(min(MOST_HOSTS, len(by_host)), thread_name_prefix="lists") as pool:
        for mine in by_host.values():
            pool.submit(one_after_the_other, mine)
        for _ in range(sum(map(len, by_host.values()))):
            yield done.get()


def outcome(job: Job) -> Outcome:
    """Read one list. Raises nothing."""
    asker = Asker(Fetcher(job.policy), job.conditions, lambda: Plex(job.server))
    try:
        entries = read(job.provider, job.request, asker)
        return Outcome(job, entries, conditions=asker.conditions)
    except UnchangedError:
        return Outcome(job, unchanged=True, conditions=job.conditions)
    except OutsideError as error:
        return Outcome(job, failed=str(error), wait=error.wait)
    except CacherrError as error:
        return Outcome(job, failed=str(error))
    except (AttributeError, KeyError, TypeError, ValueError):
        # A shape that nobody thought of: the list's state is unknown, the other lists are not its concern.
        return Outcome(job, failed=f"{job.host} answers with something that cannot be understood. {LATER}")
