"""`python -m tests.services -- COMMAND…`: runs a command with real services around it, and exits with its code.

Each service is taken from its variable when that is set, else from this machine. The command finds the addresses in
CACHERR_TEST_POSTGRES_URL, CACHERR_TEST_REDIS_URL, CACHERR_TEST_BROWSER (Chromium), CACHERR_TEST_FIREFOX,
CACHERR_TEST_WEBKIT and CACHERR_TEST_AXE. What cannot be had is named at the end; named in CACHERR_TEST_REQUIRE (as in
`postgres,redis,browser`) it is a failure, and the command is not run.
"""

import os
import signal
import subprocess
import sys
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from types import FrameType
from typing import Protocol

from tests.services import axe_core, browser, postgresql, redis_server
from tests.services.processes import STOP_SECONDS, MissingError


class Source(Protocol):
    """What each module about one service offers."""

    def running(self) -> AbstractContextManager[str]:
        """The address of the service, good until the block ends."""

    def answers(self, address: str, /) -> bool:
        """Whether there is such a service at this address."""


@dataclass(frozen=True, slots=True)
class Service:
    """Something the tests want that is not a Python package."""

    name: str
    label: str
    variable: str
    package: str
    source: Source


SERVICES = (
    Service("postgres", "PostgreSQL", "CACHERR_TEST_POSTGRES_URL", "postgresql", postgresql),
    Service("redis", "Redis", "CACHERR_TEST_REDIS_URL", "redis-server", redis_server),
    Service("browser", "browser", "CACHERR_TEST_BROWSER", "chromium", browser.CHROMIUM),
    Service("firefox", "Firefox", "CACHERR_TEST_FIREFOX", "firefox-esr", browser.FIREFOX),
    Service("webkit", "WebKit", "CACHERR_TEST_WEBKIT", "webkit2gtk-driver xvfb", browser.WEBKIT),
    Service("axe", "accessibility", "CACHERR_TEST_AXE", "npm", axe_core),
)


class UsageError(Exception):
    """The caller asked for something impossible; the text says what."""


def main(arguments: list[str]) -> int:
    """Run the command that follows `--`."""
    if arguments[:1] != ["--"] or len(arguments) < 2:
        print("usage: python -m tests.services -- COMMAND [ARGUMENT…]", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        with ExitStack() as stack:
            code, skipped = _run_with_services(arguments[1:], stack)
    except UsageError as error:
        print(f"tests.services: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    for line in skipped:
        print(line, flush=True)
    return code


def _interrupt(number: int, frame: FrameType | None) -> None:
    """A signal while services start: leave through their `finally`."""
    raise KeyboardInterrupt


def _run_with_services(command: list[str], stack: ExitStack) -> tuple[int, list[str]]:
    required = _required()
    environment = dict(os.environ)
    skipped = []
    failed = False
    for service in SERVICES:
        try:
            environment[service.variable] = _address(service, stack)
        except MissingError as missing:
            failed = failed or service.name in required
            word = "required but missing" if service.name in required else "skipped"
            skipped.append(f"{word}: {service.label} tests ({missing}; apt-get install {service.package})")
    if failed:
        skipped.append("nothing was run")
    return (1 if failed else _run(command, environment)), skipped


def _required() -> set[str]:
    names = {name.strip() for name in os.environ.get("CACHERR_TEST_REQUIRE", "").split(",")} - {""}
    if unknown := names - {service.name for service in SERVICES}:
        known = ", ".join(service.name for service in SERVICES)
        raise UsageError(f"CACHERR_TEST_REQUIRE names {', '.join(sorted(unknown))}; known are {known}")
    return names


def _address(service: Service, stack: ExitStack) -> str:
    given = os.environ.get(service.variable)
    if not given:
        return stack.enter_context(service.source.running())
    if not service.source.answers(given):
        raise UsageError(f"{service.variable} is set, but there is no usable {service.label} at that address")
    return given


def _run(command: list[str], environment: dict[str, str]) -> int:
    """Run the command and pass signals on to it; its services stay until it has ended."""
    try:
        child = subprocess.Popen(command, env=environment)
    except OSError as error:
        raise UsageError(f"cannot run {command[0]}: {error.strerror}") from error

    def pass_on(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and _terminal_is_ours():
            return  # the terminal has sent it to the command as well
        child.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    try:
        code = child.wait()
    finally:
        if child.poll() is None:
            child.kill()
            child.wait(STOP_SECONDS)
    return code if code >= 0 else 128 - code


def _terminal_is_ours() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
