"""Time, processor time and page cache of one piece of work, cold; and a table that compares several."""

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

MB = 1024 * 1024


@dataclass(frozen=True)
class Measured:
    """One run: seconds on the clock, seconds of processor (user and system, children included), bytes of cache."""

    seconds: float
    cpu: float
    cache: int


def measure(work: Callable[[], object], files: Callable[[], Iterable[str]]) -> Measured:
    """Do the work with cold caches. `files` are those whose growth in the page cache counts."""
    forget(files())
    cached, cpu, start = cached_bytes(files()), processor(), time.monotonic()
    work()
    seconds, spent = time.monotonic() - start, processor() - cpu
    return Measured(seconds, spent, cached_bytes(files()) - cached)


def processor() -> float:
    """Seconds of processor that this process and its finished children have used."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def forget(files: Iterable[str]) -> None:
    """Empty the page cache: all of it as root, otherwise of these files."""
    os.sync()
    if os.geteuid() == 0:
        with open("/proc/sys/vm/drop_caches", "w") as file:
            file.write("3")
        return
    for path in files:
        fd = os.open(path, os.O_RDONLY)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(fd)


def cached_bytes(files: Iterable[str]) -> int:
    """Bytes of these files in the page cache, by fincore(1)."""
    paths = list(files)
    found = 0
    for start in range(0, len(paths), 1000):
        command = ["fincore", "--bytes", "--noheadings", "--output", "RES", *paths[start : start + 1000]]
        found += sum(map(int, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()))
    return found


def interleaved(
    rounds: int,
    methods: Mapping[str, Callable[[], object]],
    files: Callable[[], Iterable[str]],
    clean: Callable[[], None],
) -> dict[str, list[Measured]]:
    """Run every method once in every round, so that what disturbs the machine disturbs all of them."""
    found: dict[str, list[Measured]] = {name: [] for name in methods}
    for _ in range(rounds):
        for name, work in methods.items():
            clean()
            found[name].append(measure(work, files))
    clean()
    return found


def show(title: str, found: Mapping[str, list[Measured]], size: int, against: str) -> None:
    """Print medians, and ratios to the method named `against`."""
    print(f"\n{title}")
    print(f"{'':24}{'seconds':>9}{'MB/s':>8}{'cpu s':>8}{'time':>8}{'cpu':>7}   page cache")
    base_seconds, base_cpu = _median(found[against], "seconds"), _median(found[against], "cpu")
    for name, runs in found.items():
        seconds, cpu, cache = (_median(runs, what) for what in ("seconds", "cpu", "cache"))
        print(
            f"{name:24}{seconds:9.2f}{size / MB / seconds:8.0f}{cpu:8.2f}"
            f"{seconds / base_seconds:8.2f}{cpu / base_cpu:7.2f}   {cache / MB:+.0f} MB",
            flush=True,
        )


def _median(runs: list[Measured], what: str) -> float:
    return float(statistics.median(getattr(run, what) for run in runs))
