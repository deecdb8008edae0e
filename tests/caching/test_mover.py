"""Unraid's mover, by its pid file."""

from pathlib import Path

import pytest

from cacherr.errors import BusyError
from caching import mover
from caching.models import CachePolicy

pytestmark = pytest.mark.django_db


def test_it_runs_while_its_file_is_there(tmp_path: Path) -> None:
    file = tmp_path / "mover.pid"
    CachePolicy(mover_pid_file=str(file)).save()
    mover.require_resting()
    file.write_text("")
    with pytest.raises(BusyError, match="nothing is moved until it is done") as refused:
        mover.require_resting()
    assert refused.value.exit_code == 75
    file.unlink()
    mover.require_resting()


def test_without_a_file_named_nobody_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    CachePolicy(mover_pid_file="").save()
    assert not mover.is_running()
