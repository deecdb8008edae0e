"""Reading variables: every form of every kind, and bad values that are named and never raise."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from cacherr.checks import ENVIRONMENT_ONLY
from cacherr.env import Environment, Override, gateway_address, host_list, parse_bool, redis_url, zone_name
from cacherr.proxies import proxy_list
from tests.conftest import PROJECT
from tests.environment import clean_environment

Read = Callable[[Environment], object]

KINDS: list[tuple[Read, str, object, object]] = [
    (lambda env: env.text("X", "d"), "hello", "hello", "d"),
    (lambda env: env.boolean("X", default=True), "no", False, True),
    (lambda env: env.boolean("X"), "On", True, False),
    (lambda env: env.integer("X", 5, 0, 10), "10", 10, 5),
    (lambda env: env.integer("X", 5, 0, 10), "0", 0, 5),
    (lambda env: env.choice("X", ("auto", "union"), "auto"), "UNION", "union", "auto"),
    (lambda env: env.json_list("X"), '[1, {"a": "b"}]', [1, {"a": "b"}], []),
    (lambda env: env.parsed("X", zone_name, "UTC", "cure"), ":Europe/Berlin", "Europe/Berlin", "UTC"),
]


@pytest.mark.parametrize(("read", "raw", "value", "default"), KINDS)
def test_a_variable_is_read_from_itself_or_its_file_else_it_has_its_default(
    tmp_path: Path, read: Read, raw: str, value: object, default: object
) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{raw}\n")
    for variables in ({"X": raw}, {"X_FILE": str(file)}, {"X": raw, "X_FILE": "/nowhere"}):
        env = Environment(variables)
        assert (read(env), env.problems) == (value, [])
    for variables in ({}, {"X": ""}, {"X_FILE": ""}):
        env = Environment(variables)
        assert (read(env), env.problems) == (default, [])


@pytest.mark.parametrize(("read", "raw", "value", "default"), KINDS)
def test_an_empty_file_counts_as_not_set_like_an_empty_variable(
    tmp_path: Path, read: Read, raw: str, value: object, default: object
) -> None:
    file = tmp_path / "secret"
    file.write_text("\n")
    env = Environment({"X_FILE": str(file)})
    assert (read(env), env.problems) == (default, [])


@pytest.mark.parametrize("raw", ["redis://r", "redis://r:6379", "redis://r:6379/", "redis://u:p@[::1]:6379/15?x=y"])
def test_the_address_of_a_redis_says_as_much_as_it_likes(raw: str) -> None:
    assert redis_url(raw) == raw


@pytest.mark.parametrize(
    "raw",
    [
        "redis", "redis:6379", "redis//redis:6379", "http://redis:6379", "unix:///run/redis.sock", "redis://",
        "redis:///0", "redis://redis:port/0", "redis://redis:99999/0", "redis://redis:0/0", "redis://[::1/0",
        "redis://redis:6379/first", "redis://redis:6379/-1", "redis://:pass#word@redis:6379/0",
    ],
)  # fmt: skip
def test_what_is_no_redis_is_a_problem_that_does_not_repeat_the_password(raw: str) -> None:
    env = Environment({"REDIS_URL": raw})
    assert env.parsed("REDIS_URL", redis_url, "", "Write redis://HOST:6379/0.") == ""
    (problem,) = env.problems
    assert (problem.variable, problem.cure, problem.level) == ("REDIS_URL", "Write redis://HOST:6379/0.", "error")
    assert raw not in problem.message


def test_an_empty_file_does_not_override_a_stored_secret(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("\n")
    assert Environment({"PLEX_TOKEN_FILE": str(file)}).overrides() == {}


BAD: list[tuple[Read, str, object, str]] = [
    (lambda env: env.boolean("X"), "maybe", False, "true or false"),
    (lambda env: env.integer("X", 5, 0, 10), "11", 5, "from 0 to 10"),
    (lambda env: env.integer("X", 5, 0, 10), "-1", 5, "from 0 to 10"),
    (lambda env: env.integer("X", 5, 0, 10), "5.0", 5, "from 0 to 10"),
    (lambda env: env.choice("X", ("auto", "union"), "auto"), "other", "auto", "auto, union"),
    (lambda env: env.json_list("X"), "{}", [], "JSON list"),
    (lambda env: env.json_list("X"), "[", [], "JSON list"),
    (lambda env: env.json_list("X"), "[" * 100_000, [], "JSON list"),
    (lambda env: env.parsed("X", zone_name, "UTC", "Use a name."), "Mars/North", "UTC", "Use a name."),
    (lambda env: env.parsed("X", zone_name, "UTC", "Use a name."), "../../etc/passwd", "UTC", "Use a name."),
    (lambda env: env.parsed("X", zone_name, "UTC", "Use a name."), "Europe", "UTC", "Use a name."),
    (lambda env: env.parsed("X", proxy_list, list[str](), "Write"), "swag", [], "Write"),
    (lambda env: env.parsed("X", proxy_list, list[str](), "Write"), "10.0.0.1;::1", [], "Write"),
    *(
        (lambda env: env.parsed("X", gateway_address, "d", "Write"), raw, "d", "Write")
        for raw in (
            "http://",
            "gateway:8080",
            "ftp://gateway",
            "http:///path",
            "http://g:port",
            "http://g:0",
            "http://[::1",
            "http://g?q=",
            "http://g#f",
            "http://a b",
        )
    ),
    *(
        (lambda env: env.parsed("X", host_list, list[str](), "Write"), raw, [], "Write")
        for raw in (
            "http://a.example",
            "a.example:5445",
            "a.example/",
            "*.example",
            "a.example b.example",
            "::1",
            "a_b",
            ",",
            "münchen.example",
            "a.example, https://b.example",
            "[::1]:80",
            "[ab]",
        )
    ),
]


GOOD_HOSTS = ["*", "a", "A.Example", ".example", "192.168.1.5", "[::1]", "[fe80::1]", "xn--mnchen-3ya.example"]


def test_hosts_are_written_as_requests_name_them() -> None:
    assert host_list(", ".join(GOOD_HOSTS) + ",") == GOOD_HOSTS


@pytest.mark.parametrize("raw", ["http://gateway", "https://u:p@g.example:8443/egress/", "http://[::1]:80"])
def test_the_address_of_a_gateway_may_have_a_path(raw: str) -> None:
    assert gateway_address(raw) == raw


@pytest.mark.parametrize(("read", "raw", "default", "cure"), BAD)
def test_a_bad_value_is_a_problem_with_variable_and_cure_and_the_default_is_used(
    read: Read, raw: str, default: object, cure: str
) -> None:
    env = Environment({"X": raw})
    assert read(env) == default
    (problem,) = env.problems
    assert (problem.variable, problem.level) == ("X", "error")
    assert cure in problem.cure
    assert raw not in problem.message  # it may be a secret


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_bytes(b"\xff")])
def test_a_file_that_cannot_be_read_is_a_problem_told_once(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "secret")
    env = Environment({"CACHERR_API_KEY_FILE": str(tmp_path / "secret")})
    assert env.overrides() == {}
    assert env.text("CACHERR_API_KEY") == ""
    (problem,) = env.problems
    assert (problem.variable, problem.cure) == ("CACHERR_API_KEY_FILE", "Correct the path.")
    assert str(tmp_path) in problem.message


@pytest.mark.parametrize("word", ["1", "true", "YES", " on "])
def test_words_that_mean_yes(word: str) -> None:
    assert parse_bool(word) is True


@pytest.mark.parametrize("word", ["0", "False", "no", "OFF "])
def test_words_that_mean_no(word: str) -> None:
    assert parse_bool(word) is False


OVERRIDES: list[tuple[Mapping[str, str], Mapping[str, Override]]] = [
    ({}, {}),
    ({"CACHERR_X": "1"}, {"X": Override("CACHERR_X", "1")}),
    ({"CACHERR_X": ""}, {}),
    ({"X": "1"}, {}),
    ({"PLEX_URL": "u"}, {"PLEX_URL": Override("PLEX_URL", "u")}),
    ({"PLEX_URL": "u", "CACHERR_PLEX_URL": "v"}, {"PLEX_URL": Override("CACHERR_PLEX_URL", "v")}),
    ({"PLEX_URL": "u", "CACHERR_PLEX_URL": ""}, {"PLEX_URL": Override("PLEX_URL", "u")}),
    ({"TEST_MODE": "true"}, {"DRY_RUN": Override("TEST_MODE", "true")}),
    ({"DRY_RUN": "true"}, {"DRY_RUN": Override("DRY_RUN", "true")}),
    ({"DRY_RUN": "", "TEST_MODE": "true"}, {"DRY_RUN": Override("TEST_MODE", "true")}),
    ({"DRY_RUN": "false", "TEST_MODE": "true"}, {"DRY_RUN": Override("TEST_MODE", "true")}),
    ({"CACHERR_DRY_RUN": "off", "DRY_RUN": "yes"}, {"DRY_RUN": Override("DRY_RUN", "yes")}),
]


@pytest.mark.parametrize(("variables", "found"), OVERRIDES)
def test_what_overrides_a_setting_and_the_newer_name_wins(
    variables: Mapping[str, str], found: Mapping[str, Override]
) -> None:
    assert Environment(variables).overrides() == found


# ---- the settings of a real process ---------------------------------------------------------------------------------

SHOW = """
import json, django
from django.conf import settings
django.setup()
print(json.dumps({name: getattr(settings, name) for name in %r}, default=str))
"""

THIS_MACHINE = ["localhost", "127.0.0.1", "[::1]"]
EVERY_VARIABLE: list[tuple[str, str, str, object]] = [
    ("CACHERR_HOST", "0.0.0.0", "CACHERR_HOST", "0.0.0.0"),
    ("CACHERR_PORT", "8080", "CACHERR_PORT", 8080),
    ("CACHERR_UNRAID_NOTIFY", "/notify", "CACHERR_UNRAID_NOTIFY", "/notify"),
    ("CACHERR_API_KEY", "key", "CACHERR_API_KEY", "key"),
    ("CACHERR_ADMIN_USER", "sam", "CACHERR_ADMIN_USER", "sam"),
    ("CACHERR_ADMIN_PASSWORD", "word", "CACHERR_ADMIN_PASSWORD", "word"),
    ("CACHERR_SECRET_KEY", "secret", "SECRET_KEY", "secret"),
    ("CACHERR_ALLOWED_HOSTS", "a.example, b.example", "ALLOWED_HOSTS", ["a.example", "b.example", *THIS_MACHINE]),
    ("CACHERR_TRUSTED_PROXIES", "10.0.0.1, 10.0.0.2", "CACHERR_TRUSTED_PROXIES", ["10.0.0.1", "10.0.0.2"]),
    ("CACHERR_PLACEMENT", "union", "CACHERR_PLACEMENT", "union"),
    ("CACHERR_PATH_MAPPINGS", "[{}]", "PATH_MAPPINGS", [{}]),
    ("CACHERR_COPY_CHUNK", "4096", "COPY_CHUNK", 4096),
    ("CACHERR_LIVENESS_PATH", "/tmp/alive", "CACHERR_LIVENESS_PATH", "/tmp/alive"),
    ("CACHERR_OUTBOUND_GATEWAY", "http://gateway", "CACHERR_OUTBOUND_GATEWAY", "http://gateway"),
    ("REDIS_URL", "redis://r:6379/1", "REDIS_URL", "redis://r:6379/1"),
    ("TZ", "Europe/Berlin", "TIME_ZONE", "Europe/Berlin"),
    ("LOG_LEVEL", "warning", "LOG_LEVEL", "WARNING"),
    ("COPY_TO_CACHE", "false", "COPY_TO_CACHE", False),
]


def settings_of(variables: Mapping[str, str]) -> dict[str, Any]:
    names = sorted({name for _, _, name, _ in EVERY_VARIABLE} | {"OLDER_MAPPING", "DATABASES", "CONFIG_DIR"})
    environment = {**clean_environment(), "DJANGO_SETTINGS_MODULE": "cacherr.settings", **variables}
    shown = subprocess.run(
        [sys.executable, "-c", SHOW % names], env=environment, cwd=PROJECT, capture_output=True, text=True, check=True
    )
    parsed: dict[str, Any] = json.loads(shown.stdout)
    return parsed


def test_every_variable_can_be_given_through_a_file(tmp_path: Path) -> None:
    given = {variable: raw for variable, raw, _, _ in EVERY_VARIABLE} | {
        "PLEX_SOURCE": "/data", "REAL_SOURCE": "/array", "CACHE_DESTINATION": "/cache",
        "DATABASE_URL": "postgres://u:p@db/n", "CACHERR_CONFIG_DIR": str(tmp_path / "config"),
    }  # fmt: skip
    variables = {}
    for number, (variable, raw) in enumerate(given.items()):
        (tmp_path / str(number)).write_text(f"{raw}\n")
        variables[f"{variable}_FILE"] = str(tmp_path / str(number))
    shown = settings_of(variables)
    wanted = {name: value for _, _, name, value in EVERY_VARIABLE}
    assert {name: shown[name] for name in wanted} == wanted
    assert shown["OLDER_MAPPING"] == {"plex": "/data", "array": "/array", "cache": "/cache"}
    assert shown["DATABASES"]["default"]["HOST"] == "db"
    assert shown["CONFIG_DIR"] == str(tmp_path / "config")


def test_the_table_above_is_complete() -> None:
    tested = {variable.removeprefix("CACHERR_") for variable, *_ in EVERY_VARIABLE} | {"CONFIG_DIR"}
    assert tested >= ENVIRONMENT_ONLY


def test_the_secret_key_is_made_once_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    config = tmp_path / "config"
    variables = {"CACHERR_CONFIG_DIR": str(config)}
    first, second = (settings_of(variables)["SECRET_KEY"] for _ in range(2))
    assert first == second == (config / "secret_key").read_text()
    assert len(first) > 50
    assert (config.stat().st_mode & 0o777, (config / "secret_key").stat().st_mode & 0o777) == (0o700, 0o600)
    assert [path.name for path in config.iterdir()] == ["secret_key"]
