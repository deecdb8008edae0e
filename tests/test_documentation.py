"""The documentation says what there is."""

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import get_commands

from cacherr.checks import ENVIRONMENT_ONLY
from cacherr.env import OLDER_VARIABLES
from cacherr.overrides import setting_fields, settings_models
from tests.conftest import PROJECT

DOCS = PROJECT / "docs"
OURS = ("cacherr", "plexusers", "importlists", "caching")


def text(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def variables() -> list[str]:
    fields = {f"CACHERR_{field.name.upper()}" for model in settings_models() for field in setting_fields(model)}
    return sorted(fields | {f"CACHERR_{name}" for name in ENVIRONMENT_ONLY} | set(OLDER_VARIABLES))


@pytest.mark.parametrize("variable", variables())
def test_every_setting_is_documented(variable: str) -> None:
    assert f"`{variable}`" in text("docs/configure.md")


def test_every_documented_variable_exists() -> None:
    documented = set(re.findall(r"`(CACHERR_[A-Z_]+)`", text("docs/configure.md")))
    assert documented <= set(variables())


@pytest.mark.parametrize("command", sorted(name for name, app in get_commands().items() if app in OURS))
def test_every_command_is_documented(command: str) -> None:
    assert re.search(rf"^\| `{command}\b", text("docs/api.md"), re.MULTILINE)


def modules() -> list[str]:
    unnamed = {"__init__.py", "__main__.py", "apps.py"}
    paths = [path for app in OURS for path in Path(apps.get_app_config(app).path).glob("*.py")]
    return sorted(f"{path.parent.name}/{path.name}" for path in paths if path.name not in unnamed)


@pytest.mark.parametrize("module", modules())
def test_every_module_is_in_the_tour(module: str) -> None:
    assert f"`{module.split('/')[1]}`" in text("docs/architecture.md")


def twice(names: list[str]) -> list[str]:
    return sorted(name for name, times in Counter(names).items() if times > 1)


def first_cells(section: str) -> list[str]:
    return re.findall(r"^\| (`.*?) \|", section, re.MULTILINE)


def test_no_command_and_no_endpoint_is_documented_twice() -> None:
    cells = first_cells(text("docs/api.md"))
    commands = [name for cell in cells for name in re.findall(r"^`([a-z_]+)\b", cell)]
    endpoints = [name for cell in cells for name in re.findall(r"`([A-Z]+ /[^`]*)`", cell)]
    assert twice([name for name in commands if name in get_commands()]) == []
    assert twice(endpoints) == []


def test_no_module_is_in_one_part_of_the_tour_twice() -> None:
    for section in text("docs/architecture.md").split("\n## "):
        assert twice([name for cell in first_cells(section) for name in re.findall(r"`([^`]+)`", cell)]) == []


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    tour = text("docs/architecture.md").partition("## Dependencies")[2]
    names = [re.split(r"[\[<>=]", line)[0] for line in project["dependencies"]]
    assert [name for name in names if name not in tour] == []


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    locked = set(re.findall(r"^([a-z0-9-]+)(?:\[.*\])?==", text("requirements.lock"), re.MULTILINE))
    assert [line for line in project["dependencies"] if re.split(r"[\[<>=]", line)[0] not in locked] == []


@pytest.mark.parametrize("page", sorted(path.name for path in [*DOCS.glob("*.md"), PROJECT / "README.md"]))
def test_every_link_between_pages_leads_somewhere(page: str) -> None:
    path = PROJECT / page if page == "README.md" else DOCS / page
    targets = re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []
