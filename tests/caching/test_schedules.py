"""When things are done by themselves: read, changed and run from the API and from the page, over beat's own rows."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from pytest_django.fixtures import Settings

from cacherr.beat import Scheduler
from cacherr.celery import app
from cacherr.errors import ConfigurationError
from caching import scheduling
from caching.models import Cycle, WatcherState
from caching.scheduling import Cron, Every, Period
from plexusers.models import Remark, RemarkKind, WatchPolicy
from tests.caching.quiet import KEY, make_quiet

pytestmark = pytest.mark.django_db

TUESDAY = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def installation(settings: Settings, tmp_path: Path) -> None:
    """A key, and a queue of its own that nobody works on."""
    make_quiet(settings, tmp_path)


def queued(settings: Settings) -> str:
    """What waits in the queue of messages, as text."""
    return "".join(path.read_text() for path in sorted((settings.BROKER_DIR / "queue").iterdir()))


# ---- times ---------------------------------------------------------------------------------------------------------

WORDS = [
    (Every(1, Period.HOURS), "every hour"),
    (Every(30, Period.MINUTES), "every 30 minutes"),
    (Cron("30 3 * * *", "UTC"), "every day at 03:30"),
    (Cron("0 4 * * 0", "UTC"), "every Sunday at 04:00"),
    (Cron("15 * * * *", "UTC"), "every hour at minute 15"),
    (Cron("15 * * * 1", "UTC"), "at 15 * * * 1 (minute, hour, day, month, weekday)"),
    (Cron("*/10 2-4 * * mon-fri", "UTC"), "at */10 2-4 * * mon-fri (minute, hour, day, month, weekday)"),
]


@pytest.mark.parametrize(("timing", "words"), WORDS, ids=[words for _, words in WORDS])
def test_times_read_well(timing: scheduling.Timing, words: str) -> None:
    assert timing.words == words


NEXT = [
    (Every(90, Period.MINUTES), "2026-11-24T13:30:00+00:00"),
    (Cron("30 3 * * *", "UTC"), "2026-11-25T03:30:00+00:00"),
    (Cron("30 3 * * *", "Europe/Berlin"), "2026-11-25T03:30:00+01:00"),
    (Cron("0 4 * * 0", "UTC"), "2026-11-29T04:00:00+00:00"),
    (Cron("0 0 13 * 5", "UTC"), "2027-08-13T00:00:00+00:00"),
]


@pytest.mark.parametrize(("timing", "due"), NEXT, ids=[due for _, due in NEXT])
def test_the_next_time_is_known(timing: scheduling.Timing, due: str) -> None:
    assert timing.after(TUESDAY) == datetime.fromisoformat(due)


NEVER = [
    "",
    "* * * *",
    "* * * * * *",
    "61 * * * *",
    "0 0 31 2 *",
    "x y z a b",
    "0 0 */0 * *",
    "0 0 0 * *",
    "; rm -rf /",
]


def test_times_that_have_passed_are_left_out() -> None:
    late = TUESDAY + timedelta(hours=3, minutes=10)
    assert Every(1, Period.HOURS).upon(TUESDAY, late) == TUESDAY + timedelta(hours=4)
    assert Every(1, Period.HOURS).upon(TUESDAY, TUESDAY) == TUESDAY + timedelta(hours=1)
    assert Cron("0 13 * * *", "UTC").upon(TUESDAY, late) == TUESDAY + timedelta(days=1, hours=1)


@pytest.mark.parametrize("line", NEVER)
def test_a_line_that_never_comes_is_refused_with_an_example(line: str) -> None:
    with pytest.raises(ConfigurationError, match=r"no time that ever comes\. Write five parts"):
        Cron.read(line, "UTC")


OFTEN: list[tuple[scheduling.Timing, int, str]] = [
    (Every(59, Period.SECONDS), 60, "At least 1 minute"),
    (Every(30, Period.MINUTES), 3600, "At least hour"),
    (Cron("*/30 * * * *", "UTC"), 3600, "At least hour"),
    (Cron("59,0 * * * *", "UTC"), 900, "At least 15 minutes"),
]


@pytest.mark.parametrize(("timing", "shortest", "sentence"), OFTEN, ids=[timing.words for timing, *_ in OFTEN])
def test_what_comes_too_often_is_refused_with_what_is_allowed(
    timing: scheduling.Timing, shortest: int, sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match="is too often"):
        timing.check(shortest)
    timing.check(0)


def test_more_than_a_year_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="too seldom"):
        Every(367, Period.DAYS).check(60)


# ---- rows ----------------------------------------------------------------------------------------------------------


def test_a_new_installation_has_all_schedules_with_sensible_times() -> None:
    told = {one.name: one.words for one in scheduling.everything()}
    assert told == {
        "cycle": "every hour", "users": "every 6 hours", "lists": "every minute",
        "audit": "every Sunday at 04:00", "backup": "every day at 03:30",
        "sessions": "every 30 seconds",
    }  # fmt: skip
    assert all(one.enabled for one in scheduling.everything())


@pytest.mark.parametrize("job", scheduling.JOBS.values(), ids=scheduling.JOBS)
def test_each_schedule_has_its_task(job: scheduling.Job) -> None:
    module, _, name = job.task.rpartition(".")
    assert getattr(import_module(module), name).name == job.task


# A day and more ago: the daily time has passed since, whatever the hour at which this runs; so for the weekly one.
@pytest.mark.parametrize("ago", [timedelta(minutes=20), timedelta(hours=25), timedelta(days=8)], ids=str)
def test_beat_and_the_page_agree_on_when_something_is_due(ago: timedelta) -> None:
    PeriodicTask.objects.update(last_run_at=timezone.now() - ago)
    entries = {one.task: one for one in Scheduler(app, lazy=True).all_as_schedule().values()}
    for name, job in scheduling.JOBS.items():
        due, seconds = entries[job.task].is_due()  # when it is due now, the seconds until the time after this one
        told = scheduling.one(name)
        assert told.next_at is not None
        left = (told.next_at - timezone.now()).total_seconds()
        if due and isinstance(told.timing, Every):  # beat counts anew from now, the page from the last run
            assert 0 < left < seconds + 60, name
        else:
            assert abs(left - seconds) < 60, name


def test_what_beat_has_done_and_not_written_down_yet_is_not_told_as_overdue() -> None:
    PeriodicTask.objects.update(last_run_at=timezone.now() - timedelta(days=8, seconds=30))
    now = timezone.now()
    assert all(one.next_at and one.next_at > now for one in scheduling.upcoming())


def test_what_was_missed_while_cacherr_was_off_is_made_up_for_whatever_the_hour() -> None:
    PeriodicTask.objects.update(last_run_at=timezone.now() - timedelta(days=8))
    entries = Scheduler(app, lazy=True).all_as_schedule().values()
    assert {one.task for one in entries if one.is_due()[0]} >= {job.task for job in scheduling.JOBS.values()}
    assert app.conf.beat_scheduler == "cacherr.beat:Scheduler"


def test_a_change_takes_another_row_of_times_and_leaves_what_others_use() -> None:
    shared = IntervalSchedule.objects.get(every=1, period="minutes")
    scheduling.change({"lists": scheduling.Change(timing=Every(5, Period.MINUTES))})
    shared.refresh_from_db()
    assert (shared.every, PeriodicTask.objects.get(task="caching.tasks.tend").interval) == (1, shared)
    assert scheduling.one("lists").words == "every 5 minutes"
    assert Remark.objects.get(kind=RemarkKind.SETTING).message == "Schedule changed: Lists, every 5 minutes."


def test_a_change_to_the_same_leaves_no_trace() -> None:
    before = PeriodicTask.objects.get(task="caching.tasks.run_cycle").date_changed
    scheduling.change({"cycle": scheduling.Change(enabled=True, timing=Every(1, Period.HOURS))})
    assert PeriodicTask.objects.get(task="caching.tasks.run_cycle").date_changed == before
    assert not Remark.objects.exists()


def test_a_schedule_whose_row_was_removed_is_off_and_comes_back_with_a_time() -> None:
    PeriodicTask.objects.filter(task="caching.tasks.audit").delete()
    assert (scheduling.one("audit").enabled, scheduling.one("audit").words) == (False, "switched off")
    scheduling.change({"audit": scheduling.Change(True, Cron("0 5 * * *", "UTC"))})
    assert scheduling.one("audit").words == "every day at 05:00"


def test_lines_of_cron_hold_in_the_time_zone_of_now_after_it_was_changed(settings: Settings) -> None:
    backup = PeriodicTask.objects.get(task="caching.tasks.back_up")
    theirs = PeriodicTask.objects.create(name="theirs", task="theirs.task", crontab=backup.crontab)
    second = PeriodicTask.objects.create(name="second", task=backup.task, crontab=backup.crontab)
    times = backup.crontab
    settings.TIME_ZONE = "Pacific/Auckland"
    call_command("prepare")
    assert {name: scheduling.one(name).timing for name in ("audit", "backup")} == {
        "audit": Cron("0 4 * * 0", "Pacific/Auckland"), "backup": Cron("30 3 * * *", "Pacific/Auckland"),
    }  # fmt: skip
    assert scheduling.one("cycle").timing == Every(1, Period.HOURS)
    for row in (theirs, second):
        row.refresh_from_db()
        assert (row.crontab, str(row.crontab.timezone)) == (times, "UTC")
    changed = PeriodicTask.objects.get(pk=backup.pk).date_changed
    call_command("prepare")
    assert PeriodicTask.objects.get(pk=backup.pk).date_changed == changed


# ---- the API -------------------------------------------------------------------------------------------------------


def put(client: Client, body: object) -> Any:
    return client.put("/api/schedules", body, "application/json", headers=KEY)


def test_schedules_are_told_with_their_times(client: Client) -> None:
    items = client.get("/api/schedules", headers=KEY).json()["data"]["items"]
    cycle, backup = items[0], items[-2]
    assert (cycle["name"], cycle["every"], cycle["period"], cycle["cron"]) == ("cycle", 1, "hours", None)
    assert (backup["cron"], backup["time_zone"], backup["words"]) == ("30 3 * * *", "UTC", "every day at 03:30")
    assert all(datetime.fromisoformat(item["next_at"]) for item in items if item["name"] != "sessions")


def test_schedules_are_changed_all_at_once(client: Client) -> None:
    body = {
        "cycle": {"every": 30, "period": "minutes"},
        "backup": {"cron": " 0  2 * * * "},
        "audit": {"enabled": False},
    }
    items = put(client, body).json()["data"]["items"]
    assert [item["words"] for item in items] == ["every 30 minutes", "every day at 02:00", "switched off"]
    assert [item["next_at"] is None for item in items] == [False, False, True]


WRONG = [
    ({"cycle": {"every": 30}}, 422, "Send every and period."),
    ({"cycle": {"every": 0, "period": "minutes"}}, 422, "cycle.every: Write a number of at least 1."),
    ({"cycle": {"every": 1, "period": "fortnights"}}, 422, "period"),
    ({"cycle": {"every": 1, "period": "hours", "cron": "0 2 * * *"}}, 422, "Leave one of them out."),
    ({"cycle": {"cron": "every day"}}, 422, "Write five parts"),
    ({"cycle": {"cron": "0 2 * *\0 *"}}, 422, "NUL"),
    ({"users": {"every": 5, "period": "minutes"}}, 422, "At least 15 minutes"),
    ({"cycle": {"hourly": True}}, 422, "cycle.hourly: There is no field of this name"),
    ({"dance": {"enabled": True}}, 404, "nothing by this name"),
    ({"sessions": {"every": 5, "period": "seconds"}}, 409, "one of the watching settings"),
    ([], 422, "Write a JSON object"),
]


@pytest.mark.parametrize(("body", "status", "sentence"), WRONG, ids=[str(body) for body, *_ in WRONG])
def test_what_cannot_be_a_schedule_is_refused_and_nothing_changes(
    client: Client, body: object, status: int, sentence: str
) -> None:
    good = {"audit": {"enabled": False}, **body} if isinstance(body, dict) else body
    answer = put(client, good)
    assert answer.status_code == status, answer.content
    assert sentence in answer.json()["error"]
    assert scheduling.one("audit").enabled
    assert not CrontabSchedule.objects.filter(hour="2").exists()


RUNS = [
    ("users", "look_at_users"),
    ("lists", '"everything": true'),
    ("audit", "caching.tasks.audit"),
    ("backup", "back_up"),
]


@pytest.mark.parametrize(("name", "message"), RUNS)
def test_what_is_run_now_is_a_message_for_a_worker(client: Client, settings: Settings, name: str, message: str) -> None:
    answer = client.post(f"/api/schedules/{name}/run", headers=KEY)
    if answer.status_code == 409:
        assert "pg_dump" in answer.json()["error"]
        return
    assert answer.status_code == 202
    assert queued(settings)


def test_a_cycle_run_now_is_a_row_and_playback_is_looked_at(client: Client) -> None:
    assert client.post("/api/schedules/cycle/run", headers=KEY).json()["message"] == "The cycle begins."
    assert Cycle.objects.get().trigger == "api"
    assert client.post("/api/schedules/sessions/run", headers=KEY).status_code == 202
    assert WatcherState.objects.get().asked == 1
    assert client.post("/api/schedules/dance/run", headers=KEY).status_code == 404


# ---- the page ------------------------------------------------------------------------------------------------------

PAGE = "/admin/caching/cycle/schedules/"


def test_the_page_tells_each_schedule_and_when_it_is_due(admin_client: Client) -> None:
    WatchPolicy(watch_sessions=False).save()
    text = admin_client.get(PAGE).content.decode()
    for words in ("Every 6 hours", "Every day at 03:30", "Every Sunday at 04:00", "Switched off", "Line of cron"):
        assert words in text
    assert "<script>" not in text[text.index('id="schedules"') :].split("</form>")[0]


def test_a_schedule_is_changed_by_its_form(admin_client: Client) -> None:
    form = {"enabled": "on", "how": "interval", "every": "45", "period": "minutes", "cron": ""}
    text = admin_client.post(f"{PAGE}cycle/", form, follow=True).content.decode()
    assert "Cycle: every 45 minutes." in text
    del form["enabled"]
    assert "Cycle: switched off." in admin_client.post(f"{PAGE}cycle/", form, follow=True).content.decode()


WRONG_FORMS = [
    ({"how": "interval", "every": "", "period": "minutes"}, "is too often"),
    ({"how": "interval", "every": "-5", "period": "minutes"}, "greater than or equal to 1"),
    ({"how": "interval", "every": "5", "period": "eons"}, "Select a valid choice"),
    ({"how": "cron", "cron": "soon"}, "soon is no time that ever comes"),
    ({"how": "cron", "cron": "<b>"}, "&lt;b&gt; is no time"),
    ({"how": "cron", "cron": "0 2 * * \0*"}, "Null characters"),
    ({"how": "sometimes"}, "Select a valid choice"),
    ({}, "This field is required"),
]


@pytest.mark.parametrize(("form", "sentence"), WRONG_FORMS, ids=[str(form) for form, _ in WRONG_FORMS])
def test_a_wrong_form_is_shown_again_with_its_fault(admin_client: Client, form: dict[str, str], sentence: str) -> None:
    answer = admin_client.post(f"{PAGE}users/", {"enabled": "on", **form})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert sentence in text
    assert "<details open>" in text
    assert scheduling.one("users").words == "every 6 hours"


def test_run_now_says_what_happens(admin_client: Client) -> None:
    text = admin_client.post(f"{PAGE}audit/run/", follow=True).content.decode()
    assert "Audit: a worker begins now." in text
    assert admin_client.get(f"{PAGE}audit/run/").status_code == 405
    assert admin_client.post(f"{PAGE}dance/run/").status_code == 404
    assert admin_client.post(f"{PAGE}sessions/", {}).status_code == 404


def test_who_may_only_read_sees_times_and_changes_nothing(client: Client) -> None:
    reader = User.objects.create_user("reader", is_staff=True)
    client.force_login(reader)
    assert client.get(PAGE).status_code == 403
    reader.user_permissions.add(Permission.objects.get(codename="view_cycle"))
    text = client.get(PAGE).content.decode()
    assert "Every 6 hours" in text
    assert "Run now" not in text[text.index('id="schedules"') :]
    for address in (f"{PAGE}cycle/", f"{PAGE}cycle/run/"):
        assert client.post(address, {"how": "interval", "every": "5", "period": "hours"}).status_code == 403
    assert not Cycle.objects.exists()


def test_beats_own_rows_have_no_pages() -> None:
    for model in ("periodictask", "intervalschedule", "crontabschedule", "solarschedule", "clockedschedule"):
        with pytest.raises(NoReverseMatch):
            reverse(f"admin:django_celery_beat_{model}_changelist")
