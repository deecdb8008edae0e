"""From the outbox to a real server: what arrives, and what becomes of what does not."""

import logging
import re
from datetime import timedelta
from threading import Event

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from caching.models import Notice, NotificationTarget
from caching.notifying import outbox, posting, sending
from caching.notifying.values import Happening
from tests.caching.notifying.mailbox import SECRET, mailbox, make_due, make_target, titles
from tests.scripted_server import Handler, running

pytestmark = pytest.mark.django_db

LOST = Happening("errors", "failure", "A disk is gone", ("/mnt/cache is not there.",))
DONE = Happening("cycle", "success", "The cycle is done", (), (("Cached", "3 files"),))


def test_what_was_told_arrives_once_and_leaves_the_outbox() -> None:
    with mailbox() as box:
        target = make_target(box.url)
        outbox.tell(LOST)
        assert sending.send_due() == 1
        assert sending.send_due() == 0
    assert [(body["title"], body["message"], body["type"]) for body in box.bodies] == [
        ("A disk is gone", "/mnt/cache is not there.", "failure")
    ]
    target.refresh_from_db()
    assert target.last_at is not None
    assert target.last_error == ""
    assert titles() == []


def test_only_targets_in_use_that_chose_the_event_are_told() -> None:
    make_target("json://one", "cycle")
    make_target("json://two", "errors", name="two", enabled=False)
    chosen = make_target("json://three", "errors", name="three")
    outbox.tell(LOST)
    assert [row.target for row in Notice.objects.all()] == [chosen]


def test_everything_that_is_due_is_one_message() -> None:
    with mailbox() as box:
        make_target(box.url)
        outbox.tell(LOST)
        outbox.tell(DONE)
        sending.send_due()
    assert box.titles == ["2 things happened"]
    assert "• A disk is gone" in box.bodies[0]["message"]
    assert "Cached: 3 files" in box.bodies[0]["message"]


def test_a_digest_waits_for_its_time() -> None:
    with mailbox() as box:
        make_target(box.url, timing="hourly")
        outbox.tell(LOST)
        assert sending.send_due() == 0
        assert sending.send_due(timezone.now() + timedelta(hours=1)) == 1
    assert box.titles == ["A disk is gone"]


def test_what_happened_in_a_transaction_that_failed_is_not_told() -> None:
    make_target("json://127.0.0.1:9/x")
    with pytest.raises(IntegrityError), transaction.atomic():
        outbox.tell(LOST)
        NotificationTarget.objects.create(name="Phone", url="json://x")
    assert titles() == []


def test_a_name_that_no_database_can_hold_fails_nobody() -> None:
    make_target("json://127.0.0.1:9/x")
    with transaction.atomic():
        outbox.tell(Happening("errors", "failure", "bad \udcff name"))
        outbox.tell(LOST)
    assert titles() == ["A disk is gone"]


def test_a_nudge_follows_only_what_is_to_be_told_at_once(django_capture_on_commit_callbacks: object) -> None:
    make_target("json://127.0.0.1:9/x", timing="daily")
    with django_capture_on_commit_callbacks() as callbacks:  # type: ignore[operator]
        outbox.tell(LOST)
    assert callbacks == []
    NotificationTarget.objects.update(timing="at_once")
    with django_capture_on_commit_callbacks() as callbacks:  # type: ignore[operator]
        outbox.tell(LOST)
    assert len(callbacks) == 1


def test_a_target_that_fails_rests_and_then_gets_everything() -> None:
    with mailbox(500, 200) as box:
        target = make_target(box.url)
        outbox.tell(LOST)
        now = timezone.now()
        assert sending.send_due(now) == 1
        target.refresh_from_db()
        assert "(500)" in target.last_error
        assert target.failures == 1
        outbox.tell(DONE)
        assert sending.send_due(now + timedelta(seconds=59)) == 0
        assert sending.send_due(now + timedelta(seconds=61)) == 1
    assert box.titles == ["A disk is gone", "2 things happened"]
    target.refresh_from_db()
    assert (target.failures, target.last_error, target.rests_until) == (0, "", None)


def test_what_never_arrives_is_given_up_after_some_attempts() -> None:
    with mailbox(404) as box:
        make_target(box.url)
        outbox.tell(LOST)
        for _ in range(outbox.MOST_ATTEMPTS + 3):
            make_due()
            sending.send_due()
    assert len(box.bodies) == outbox.MOST_ATTEMPTS
    assert titles() == []


def test_what_is_too_old_is_not_told_any_more() -> None:
    make_target("json://127.0.0.1:9/x")
    outbox.tell(LOST)
    outbox.tidy(timezone.now() + timedelta(hours=23))
    assert titles() == ["A disk is gone"]
    outbox.tidy(timezone.now() + timedelta(hours=25))
    assert titles() == []


def test_the_outbox_is_bounded_and_says_how_much_it_left_out() -> None:
    with mailbox() as box:
        target = make_target(box.url, timing="hourly")
        for _ in range(outbox.MOST_WAITING + 7):
            outbox.tell(LOST)
        assert Notice.objects.count() == outbox.MOST_WAITING
        make_due()
        sending.send_due()
        make_due()
        sending.send_due()
    assert box.titles == [f"{outbox.MOST_AT_ONCE + 7} things happened", f"{outbox.MOST_AT_ONCE} things happened"]
    assert "… and 87 more" in box.bodies[0]["message"]
    target.refresh_from_db()
    assert target.dropped == 0


def test_what_somebody_else_is_sending_is_not_sent_twice() -> None:
    with mailbox() as box:
        target = make_target(box.url)
        outbox.tell(LOST)
        now = timezone.now()
        assert len(outbox.claim(target, now)) == 1
        assert outbox.claim(target, now) == []
        assert sending.send_due(now) == 0
        assert sending.send_due(now + outbox.LEASE + timedelta(seconds=1)) == 1  # whoever took it has died
    assert box.titles == ["A disk is gone"]


def test_who_lost_a_claim_changes_nothing_any_more() -> None:
    target = make_target("json://127.0.0.1:9/x")
    outbox.tell(LOST)
    now = timezone.now()
    late = outbox.claim(target, now)
    taken = outbox.claim(target, now + outbox.LEASE + timedelta(seconds=1))
    outbox.told(target, late, 0, now)
    assert [row.pk for row in taken] == [Notice.objects.get().pk]


def test_a_target_that_hangs_holds_up_neither_the_others_nor_the_sender() -> None:
    released = Event()

    def hang(_: Handler) -> None:
        released.wait(60)

    with running(hang) as dead, mailbox() as box:
        slow = make_target(f"json://127.0.0.1:{dead.server_port}/{SECRET}", name="a slow one")
        good = make_target(box.url, name="good")
        outbox.tell(LOST)
        assert sending.send_due(seconds=1) == 2
        released.set()
    assert box.titles == ["A disk is gone"]
    slow.refresh_from_db()
    good.refresh_from_db()
    assert slow.last_error == "It did not answer in time."
    assert good.last_error == ""


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "does not understand"),
        (401, "refuses the address"),
        (403, "refuses the address"),
        (404, "may have been deleted"),
        (429, "fewer messages"),
        (503, "trouble of its own (503)"),
        (418, "(418)"),
    ],
)
def test_why_it_did_not_arrive_is_one_sentence_without_the_secret(
    status: int, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with mailbox(status) as box:
        target = make_target(box.url)
        error = sending.test_target(target)
    assert words in error
    target.refresh_from_db()
    assert target.last_error == error
    assert SECRET not in error
    assert SECRET not in "".join(record.getMessage() for record in caplog.records if record.name != "urllib3")


def test_an_address_does_not_decide_how_often_it_is_tried_or_what_counts() -> None:
    with mailbox(500) as box:
        assert "(500)" in sending.test(f"{box.url}?retry=3&wait=0.01&optional=yes")
    assert len(box.bodies) == 1


def test_nobody_at_the_address_is_told_so() -> None:
    with mailbox() as box:
        url = box.url
    error = sending.test(url)
    assert "does not answer" in error
    assert SECRET not in error


def test_a_test_arrives_at_once_and_ends_a_rest() -> None:
    with mailbox() as box:
        target = make_target(box.url, failures=5, rests_until=timezone.now() + timedelta(hours=1))
        assert sending.test_target(target) == ""
    assert box.titles == ["Test"]
    target.refresh_from_db()
    assert (target.failures, target.rests_until) == (0, None)


NAME = "Al @everyone **pha** <!channel>"


def test_discord_gets_markdown_with_fields_and_calls_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    from apprise.plugins.discord import NotifyDiscord

    with mailbox() as box:
        monkeypatch.setattr(NotifyDiscord, "notify_url", f"{box.server.url}/api/webhooks")
        outside = Happening("activity", "info", f"Cached: {NAME}", (f"Kim wants {NAME}.",), (("Size", "1.2 GB"),))
        make_target("https://discord.com/api/webhooks/123456789/abcdefghijk")
        outbox.tell(outside)
        make_due()
        sending.send_due()
    assert box.server.paths == ["/api/webhooks/123456789/abcdefghijk"]
    embed = box.bodies[0]["embeds"][0]
    assert embed["fields"][0]["name"] == "Size"
    assert "1.2 GB" in embed["fields"][0]["value"]
    assert "\\*\\*pha\\*\\*" in embed["title"]
    assert "@everyone" not in str(box.bodies)
    assert "content" not in box.bodies[0]  # where Apprise would put people to call


def test_slack_gets_its_own_markdown(monkeypatch: pytest.MonkeyPatch) -> None:
    from apprise.plugins.slack import NotifySlack

    with mailbox() as box:
        monkeypatch.setattr(NotifySlack, "webhook_url", f"{box.server.url}/services")
        make_target("https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ")
        outbox.tell(Happening("cycle", "success", "The cycle is done", (f"{NAME} & more",), (("Cached", "3 files"),)))
        sending.send_due()
    attachment = box.bodies[0]["attachments"][0]
    assert attachment["title"] == "The cycle is done"
    assert "*Cached:* 3 files" in attachment["text"]
    assert "<!channel>" not in attachment["text"]
    assert "&lt;" in attachment["text"]
    assert "&amp; more" in attachment["text"]
    assert re.search("@(?!\u2060)", attachment["text"]) is None


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("no route to hooks.example/abcdef", "json://hooks.example/abcdef"),
        ("user kim12 and word pa ss", "mailto://kim12:pa%20ss@example.org"),
        ("the token to%2Fken1 failed", "ntfy://host/topic?token=to%2Fken1"),
    ],
)
def test_nothing_of_an_address_stays_in_a_sentence(text: str, url: str) -> None:
    masked = posting.without_secrets(text, url)
    assert masked != text
    assert not {"abcdef", "kim12", "pa ss", "to%2Fken1", "hooks.example"} & set(masked.split())
