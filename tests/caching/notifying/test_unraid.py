"""Unraid's script: run with a list of arguments, and what goes wrong is told."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from cacherr.errors import ConfigurationError
from caching.notifying import posting, sending, unraid
from caching.notifying.values import Message


@pytest.fixture
def script(tmp_path: Path, settings: Settings) -> Path:
    """A script that writes down what it was given, one argument a line, and ends as a file beside it says."""
    path = tmp_path / "notify"
    path.write_text('#!/bin/sh\nfor each in "$@"; do printf "<%s>\\n" "$each"; done > "$0.said"\n[ ! -e "$0.bad" ]\n')
    path.chmod(0o755)
    settings.CACHERR_UNRAID_NOTIFY = str(path)
    return path


def test_it_is_given_each_part_as_one_argument(script: Path) -> None:
    body = 'Kim plays "$(touch /tmp/x)"; `id`\nfrom the array'
    assert unraid.notify(Message("Title; rm -rf /", body, "failure")) == ""
    assert script.with_suffix(".said").read_text() == (
        '<-e>\n<Cacherr>\n<-s>\n<Title; rm -rf />\n<-d>\n<Kim plays "$(touch /tmp/x)"; `id`>\n<-i>\n<alert>\n<-m>\n'
        "<from the array>\n"
    )


def test_an_address_leads_to_it(script: Path) -> None:
    assert posting.check("unraid://") == "Unraid"
    assert sending.test("unraid://") == ""
    assert "<Test>" in script.with_suffix(".said").read_text()


def test_its_failure_is_told(script: Path) -> None:
    script.with_suffix(".bad").touch()
    assert sending.test("unraid://").endswith("ended with 1.")


def test_a_script_that_cannot_be_run_says_what_it_may_need(script: Path) -> None:
    script.write_text("#!/nowhere/php -q\n")
    assert "needs PHP" in sending.test("unraid://")


def test_without_the_script_its_address_is_refused(script: Path) -> None:
    script.unlink()
    with pytest.raises(ConfigurationError, match="CACHERR_UNRAID_NOTIFY"):
        posting.check("unraid://")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "no address of a service"),
        ("nonsense", "no address of a service"),
        ("foo://bar", "no address of a service"),
        ("discord://only-an-id", "not complete"),
        ("syslog://", "on this machine only"),
        ("discord://123456789/abcdefg?template=/etc/passwd", "read files"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/short?template=/etc/passwd", "address"),
    ],
)
def test_what_is_no_good_address_is_refused_with_a_sentence(url: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        posting.check(url)
    assert words in str(refused.value)
    assert "abcdefg" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("discord://123456789/abcdefg", "Discord"),
        ("https://discord.com/api/webhooks/123456789/abcdefg", "Discord"),
        ("https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "Slack"),
        ("json://127.0.0.1/x", "JSON"),
        ("ntfy://topic", "ntfy"),
        ("tgram://123456789:abcdefg_hijklmnop/12315544/", "Telegram"),
        ("mailtos://kim:word@example.org", "E-Mail"),
        ("gotify://host/AbCdEfGhIjKlMnO", "Gotify"),
    ],
)
def test_a_good_address_names_its_service(url: str, service: str) -> None:
    assert posting.check(url) == service
