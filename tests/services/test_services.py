"""The services the tests stand on. Every test here talks to a real server or a real process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from tests.services import browser, postgresql, redis_server
from tests.services.processes import MissingError, spawn

ROOT = Path(__file__).parents[2]
PROGRAMS = ("CACHERR_TEST_BROWSER", "CACHERR_TEST_FIREFOX", "CACHERR_TEST_WEBKIT", "CACHERR_TEST_AXE")

needs_postgres = pytest.mark.skipif(postgresql.installed_binaries() is None, reason="PostgreSQL is not installed")
needs_redis = pytest.mark.skipif(redis_server.installed_binary() is None, reason="Redis is not installed")


@pytest.fixture
def given(tmp_path: Path) -> dict[str, str]:
    """An environment in which every service is given, so that nothing has to be started or found."""
    program = tmp_path / "browser"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    addresses = {
        name: os.environ[name] for name in ("CACHERR_TEST_POSTGRES_URL", "CACHERR_TEST_REDIS_URL") if name in os.environ
    }
    if len(addresses) < 2:
        pytest.skip("needs a PostgreSQL and a Redis that run already")
    kept = {name: value for name, value in os.environ.items() if name != "CACHERR_TEST_REQUIRE"}
    return {**kept, **addresses, **dict.fromkeys(PROGRAMS, str(program))}


def program(*command: str) -> list[str]:
    """The command line that runs a command among services."""
    return [sys.executable, "-m", "tests.services", "--", *command]


def run(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command among services."""
    return subprocess.run(program(*command), cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@needs_postgres
def test_a_started_postgresql_serves_and_is_gone_afterwards() -> None:
    with postgresql.running() as url:
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT 6 * 7").fetchone() == (42,)
        assert postgresql.answers(url)
    assert not postgresql.answers(url)


@needs_postgres
def test_postgresql_asks_for_its_password() -> None:
    with postgresql.running() as url:
        address = url.partition("@")[2]
        assert not postgresql.answers(f"postgres://postgres:guess@{address}")


@needs_redis
def test_a_started_redis_serves_and_is_gone_afterwards() -> None:
    with redis_server.running() as url:
        with redis.Redis.from_url(url) as client:
            client.set("film", "reel")
            assert client.get("film") == b"reel"
        assert redis_server.answers(url)
    assert not redis_server.answers(url)


def test_a_server_that_cannot_start_is_missing_and_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "redis-server"
    broken.write_text("#!/bin/sh\necho no room on this ship\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(MissingError, match="no room on this ship"), redis_server.running(broken):
        pass


def test_a_server_lives_in_a_session_of_its_own_so_that_control_c_spares_it(tmp_path: Path) -> None:
    server = spawn(["sleep", "60"], tmp_path)
    try:
        assert os.getsid(server.pid) != os.getsid(0)
    finally:
        server.kill()
        server.wait()


def test_a_path_without_a_program_is_no_browser(tmp_path: Path) -> None:
    assert not browser.CHROMIUM.answers(str(tmp_path / "nothing"))


def test_a_browser_without_the_screen_it_needs_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = tmp_path / "WebKitWebDriver"
    driver.write_text("#!/bin/sh\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError, match="no Xvfb found, which WebKitWebDriver needs"), browser.WEBKIT.running():
        pass


def test_the_exit_code_is_that_of_the_command(given: dict[str, str]) -> None:
    assert run(given, "sh", "-c", "exit 7").returncode == 7


def test_given_addresses_reach_the_command_as_they_are(given: dict[str, str]) -> None:
    done = run(given, "sh", "-c", 'printf %s "$CACHERR_TEST_REDIS_URL"')
    assert done.stdout == given["CACHERR_TEST_REDIS_URL"]


def test_a_missing_service_is_named_after_the_output_of_the_command(given: dict[str, str], tmp_path: Path) -> None:
    without_browser = {**given, "CACHERR_TEST_BROWSER": "", "PATH": str(tmp_path)}
    done = run(without_browser, "/bin/echo", "12 passed")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "12 passed",
        "skipped: browser tests (no Chromium or Chrome found; apt-get install chromium)",
    ]


def test_a_missing_service_that_is_required_fails_before_the_command_runs(
    given: dict[str, str], tmp_path: Path
) -> None:
    without_browser = {**given, "CACHERR_TEST_BROWSER": "", "PATH": str(tmp_path), "CACHERR_TEST_REQUIRE": "browser"}
    done = run(without_browser, "/bin/echo", "12 passed")
    assert done.returncode == 1
    assert "required but missing: browser" in done.stdout
    assert "12 passed" not in done.stdout


def test_a_given_address_at_which_nothing_answers_is_an_error_without_secrets(given: dict[str, str]) -> None:
    done = run({**given, "CACHERR_TEST_POSTGRES_URL": "postgres://me:hush@127.0.0.1:1/x"}, "true")
    assert done.returncode == 2
    assert "CACHERR_TEST_POSTGRES_URL" in done.stderr
    assert "hush" not in done.stdout + done.stderr


def test_an_unknown_name_among_the_required_is_an_error(given: dict[str, str]) -> None:
    done = run({**given, "CACHERR_TEST_REQUIRE": "postgres,oracle"}, "true")
    assert done.returncode == 2
    assert "oracle" in done.stderr


def test_an_unknown_command_is_an_error(given: dict[str, str]) -> None:
    assert run(given, "there-is-no-such-program").returncode == 2


def test_a_call_without_a_command_explains_itself(given: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.services"], cwd=ROOT, env=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "usage:" in done.stderr


@needs_redis
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_command_and_then_its_services(given: dict[str, str], number: signal.Signals) -> None:
    environment = {**given, "CACHERR_TEST_REDIS_URL": ""}
    command = program("sh", "-c", 'echo "$CACHERR_TEST_REDIS_URL"; exec sleep 60')
    runner = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    assert runner.stdout
    with runner.stdout:
        url = runner.stdout.readline().strip()
        assert redis_server.answers(url)
        runner.send_signal(number)
        assert runner.wait(20) == 128 + number
    assert not redis_server.answers(url)
