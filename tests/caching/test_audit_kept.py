"""Audits are kept: the latest hundred, each with the worst of its findings."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from caching import auditing
from caching.auditing import Audited, Finding, Kind, Repair, Severity, recording
from caching.models import Audit
from tests.caching.ground import make_ground

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def configuration(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> None:
    settings.CONFIG_DIR = tmp_path_factory.mktemp("config")


def finding(number: int, severity: Severity = Severity.ERROR, repair: Repair = Repair.NONE) -> Finding:
    return Finding(Kind.MISSING, severity, (b"/array/%d \xff.mkv" % number,), "Gone.", "Look.", repair)


def keep(*found: Finding, repaired: tuple[Finding, ...] = ()) -> Audit:
    return auditing.record(Audited(found, 7, repaired=frozenset(repaired)), "command", timezone.now())


def test_an_audit_is_kept_with_its_counts_and_findings() -> None:
    one, two = finding(1, repair=Repair.RESTORE), finding(2, Severity.WARNING)
    row = keep(one, two, finding(3, Severity.INFO), repaired=(one,))
    assert (row.files, row.errors, row.warnings, row.notes, row.repaired, row.left) == (7, 1, 1, 1, 1, 1)
    assert [kept["repaired"] for kept in row.findings] == [True, False, False]
    assert row.findings[0]["paths"] == ["/array/1 \\xff.mkv"]


def test_findings_beyond_some_are_counted_only() -> None:
    row = keep(*(finding(number) for number in range(recording.MOST + 3)))
    assert (len(row.findings), row.not_kept, row.errors) == (recording.MOST, 3, recording.MOST + 3)


def test_the_oldest_audits_go() -> None:
    first = keep()
    for _ in range(recording.KEPT):
        keep()
    assert Audit.objects.count() == recording.KEPT
    assert not Audit.objects.filter(pk=first.pk).exists()


def test_a_finding_has_the_same_key_in_each_audit_and_another_one_another() -> None:
    assert finding(1).key == finding(1, Severity.WARNING).key
    assert finding(1).key != finding(2).key


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"finished_at": timezone.now() - timedelta(days=9)}, id="ends before it begins"),
        pytest.param({"repaired": 1}, id="repairs what was not found"),
        pytest.param({"errors": -1}, id="less than nothing"),
    ],
)
def test_what_cannot_be_is_refused_by_the_database(values: dict[str, object]) -> None:
    now = timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        Audit.objects.create(**{"started_at": now, "finished_at": now} | values)


def test_auditing_keeps_what_it_found(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, "symlink")
    ground.cached()
    ground.on_cache().unlink()
    row = auditing.audit("schedule")
    assert auditing.latest() == row
    assert (row.trigger, [one["kind"] for one in row.findings]) == ("schedule", ["missing"])


def test_the_page_groups_findings_and_tells_a_shared_cure_once(admin_client: Client) -> None:
    keep(finding(1, repair=Repair.RESTORE), finding(2, repair=Repair.RESTORE))
    html = admin_client.get("/admin/caching/audit/").content.decode()
    assert html.count("Look.") == 1
    assert "Repair all 2" in html
    assert html.count('name="finding"') == 2


def test_an_earlier_audit_is_shown_without_buttons_that_repair(admin_client: Client) -> None:
    earlier = keep(finding(1, repair=Repair.RESTORE))
    keep()
    html = admin_client.get(f"/admin/caching/audit/{earlier.pk}/change/").content.decode()
    assert "This is an earlier audit" in html
    assert 'name="finding"' not in html
