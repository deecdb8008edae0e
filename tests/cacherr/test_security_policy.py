"""What pages may load and run: nothing from elsewhere, and no script that stands in a page itself."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

TEMPLATES = sorted(Path(settings.BASE_DIR).glob("templates/**/*.html"))
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|\son[a-z]+\s*=\s*[\"']|javascript:", re.IGNORECASE)
ELSEWHERE = re.compile(r"(?:src|href)=[\"'](?:https?:)?//", re.IGNORECASE)


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/admin/login/", "/health", "/api/docs"])
def test_every_page_says_where_its_scripts_may_come_from(client: Client, page: str) -> None:
    policy = client.get(page).headers["Content-Security-Policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["script-src"] == "'self' 'unsafe-eval'"
    assert directives["default-src"] == "'self'"
    assert "unsafe-inline" not in directives["script-src"]
    assert directives["frame-ancestors"] == "'none'"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_no_template_holds_a_script_of_its_own_or_loads_one_from_elsewhere(path: Path) -> None:
    text = path.read_text()
    assert INLINE.findall(text) == []
    assert [found for found in ELSEWHERE.findall(text) if "<a " not in found] == []
