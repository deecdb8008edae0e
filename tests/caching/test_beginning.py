"""Nothing begins by itself before somebody has said go."""

import pytest
from pytest_django.fixtures import Settings

from caching import beginning, cycle, problems, state
from caching.beginning import NotBegunError
from caching.models import Cycle, PathMapping, Setup

pytestmark = pytest.mark.django_db


def mapping() -> PathMapping:
    return PathMapping.objects.create(name="A", plex_prefix="/a", array_root="/array", cache_root="/cache")


def test_a_fresh_installation_is_not_set_up_and_the_schedule_waits() -> None:
    beginning.first_start()
    mapping()
    assert not beginning.is_set_up()
    with pytest.raises(NotBegunError, match="/setup/"):
        cycle.request("schedule")
    assert not Cycle.objects.exists()


def test_a_dry_run_may_begin_before() -> None:
    beginning.first_start()
    assert cycle.request("schedule", dry_run=True).dry_run
    assert not beginning.is_set_up()


def test_a_cycle_ordered_by_hand_is_the_go() -> None:
    beginning.first_start()
    mapping()
    cycle.request("api")
    assert beginning.is_set_up()
    assert Cycle.objects.count() == 1


def test_a_cycle_ordered_without_any_mapping_is_no_go() -> None:
    beginning.first_start()
    cycle.request("command")
    assert not beginning.is_set_up()


def test_after_the_go_the_schedule_begins_and_secrets_of_the_wizard_are_gone() -> None:
    beginning.first_start()
    beginning.note(account_token="secret", pin=1, pin_code="code", preview={"a": 1})
    beginning.finish()
    assert cycle.request("schedule")
    row = Setup.objects.get()
    assert (row.account_token, row.pin, row.pin_code, row.preview) == ("", None, "", None)


def test_an_installation_with_mappings_that_never_saw_the_wizard_is_set_up() -> None:
    mapping()
    beginning.first_start()
    assert beginning.is_set_up()
    assert not Setup.objects.exists()
    assert cycle.request("schedule")


def test_going_through_the_wizard_later_takes_nothing_back() -> None:
    mapping()
    beginning.note(users_at=None)
    assert Setup.objects.exists()
    assert beginning.is_set_up()
    beginning.note(space_at=None)
    assert cycle.request("schedule")


def test_an_installation_of_the_environment_is_set_up(settings: Settings) -> None:
    beginning.first_start()
    settings.OLDER_MAPPING = {"plex": "/data", "array": "/array", "cache": "/cache"}
    assert beginning.is_set_up()
    assert cycle.request("schedule")


def test_what_was_entered_and_not_let_go_is_said_on_the_dashboard() -> None:
    beginning.first_start()
    mapping()
    found = problems.found(None, state.stats_data())
    assert [one["page"] for one in found if "Setup is not finished" in one["message"]] == ["setup"]
    beginning.finish()
    assert not any("Setup" in one["message"] for one in problems.found(None, state.stats_data()))
