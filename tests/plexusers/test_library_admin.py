"""The admin's pages of libraries and their items."""

import pytest
from django.test import Client
from django.urls import reverse

from plexusers.models import LibraryItem, LibrarySection

pytestmark = pytest.mark.django_db


@pytest.fixture
def section() -> LibrarySection:
    return LibrarySection.objects.create(key="2", kind="show", title="TV", locations=["/data/TV", "/data/<more>"])


def test_a_library_shows_its_directories_and_how_much_is_in_it(admin_client: Client, section: LibrarySection) -> None:
    LibraryItem.objects.create(rating_key="1", section=section, kind="show", title="Show")
    for number in (2, 3, 4):
        LibraryItem.objects.create(rating_key=str(number), section=section, kind="episode", title="E", show_key="1")
    page = admin_client.get(reverse("admin:plexusers_librarysection_change", args=[section.pk])).content.decode()
    assert "/data/TV<br>/data/&lt;more&gt;" in page
    items = f"{reverse('admin:plexusers_libraryitem_changelist')}?section__id__exact={section.pk}"
    assert f'<a href="{items}">3</a>' in page
    assert admin_client.get(items).status_code == 200


def test_a_library_can_be_switched_off_and_nothing_else_can_be_changed(
    admin_client: Client, section: LibrarySection
) -> None:
    address = reverse("admin:plexusers_librarysection_change", args=[section.pk])
    answer = admin_client.post(address, {"title": "Other", "kind": "movie"})
    assert answer.status_code == 302
    section.refresh_from_db()
    assert (section.enabled, section.title, section.kind) == (False, "TV", "show")
    for page in ("delete", "add"):
        arguments = [section.pk] if page == "delete" else []
        assert admin_client.get(reverse(f"admin:plexusers_librarysection_{page}", args=arguments)).status_code == 403


def test_an_item_shows_its_files_and_names_and_cannot_be_changed(admin_client: Client, section: LibrarySection) -> None:
    LibraryItem.objects.create(rating_key="1", section=section, kind="show", title="The Show")
    item = LibraryItem.objects.create(
        rating_key="2", section=section, kind="episode", title="Pilot", show_key="1", season=1, number=1, added_at=86400
    )
    item.files.create(path="/data/TV/<Pilot>.mkv", size=2048, version="9", optimized=True)
    item.guids.create(guid="tvdb://77")
    address = reverse("admin:plexusers_libraryitem_change", args=[item.pk])
    page = admin_client.get(address).content.decode()
    assert "The Show S01E01 Pilot" in page
    assert "/data/TV/&lt;Pilot&gt;.mkv (2.0\xa0KB, version 9, optimized)" in page
    assert "tvdb://77" in page
    assert "1970-01-02 00:00 UTC" in page
    assert admin_client.post(address, {"title": "Other"}).status_code == 403
