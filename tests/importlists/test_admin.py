"""The admin's pages of lists: picking, previewing, adding, changing, reading, positions, Trakt."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from importlists import refreshing, signing
from importlists.cachedness import _looks, ask
from importlists.models import ImportList, ListPolicy
from importlists.presets import PRESETS
from tests.importlists.rows import a_list, film
from tests.importlists.services import Reply, Services, told

pytestmark = pytest.mark.django_db

STEVENLU = "/popular-movies-data.stevenlu.com/movies.json"
FILMS = told([{"title": "Film 1", "imdb_id": "tt0000001"}, {"title": "Film 2", "imdb_id": "tt0000002"}])
ADD = "/admin/importlists/importlist/add/"
ADDRESS = "https://lists.example/s3cret.json"


def entered(**values: Any) -> dict[str, Any]:
    """What a person has entered in the form."""
    usual = {
        "name": "Films", "enabled": "on", "source": "stevenlu.popular", "media": "movies", "count": 10,
        "depth": "strict", "fill_limit": 100, "aired_days": 0, "episodes": 3, "choice": "next", "priority": 50,
        "refresh_minutes": 360, "argument": "", "address": "", "user": "",
    }  # fmt: skip
    return usual | values


def text(answer: Any) -> str:
    whole = answer.content.decode()
    assert "s3cret" not in whole
    return str(whole)


def test_every_preset_leads_to_a_form_that_is_filled_in(admin_client: Client) -> None:
    shown = text(admin_client.get(reverse("admin:importlists_presets")))
    for preset in PRESETS:
        own = reverse("admin:importlists_pick", args=[preset.name])
        assert (f"?preset={preset.name}" if preset.needs == "file" else own) in shown
    form = text(admin_client.get(f"{ADD}?preset=tmdb.on_the_air.shows"))
    assert 'value="TMDb: on the air"' in form
    assert 'value="tmdb.on_the_air" selected' in form


def test_a_list_is_added_and_shown_with_its_progress(admin_client: Client, services: Services) -> None:
    film("a", "Film 1", 2001, "imdb://tt0000001")
    services.on(STEVENLU, FILMS)
    answer = admin_client.post(ADD, entered())
    assert answer.status_code == 302, answer.context["errors"]
    row = ImportList.objects.get()
    assert (row.provider, row.chart) == ("stevenlu", "popular")
    place = reverse("admin:importlists_importlist_changelist")
    shown = text(admin_client.post(place, {"action": "refresh", "_selected_action": [row.pk]}, follow=True))
    assert "Caching 1 of 10, checked 2 positions" in shown
    assert ">Fresh<" in shown
    services.on(STEVENLU, Reply(status=500))
    assert "status 500" in text(
        admin_client.post(place, {"action": "refresh", "_selected_action": [row.pk]}, follow=True)
    )


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"source": "stevenlu.popular", "media": "shows"}, "has no shows"),
        ({"source": "trakt.list"}, "USER/LIST"),
        ({"source": "imdb.file"}, "This is needed"),
        ({"source": "custom.json", "address": "http://localhost/x"}, "this machine itself"),
        ({"source": "none.none"}, "valid choice"),
        ({"depth": "fill", "count": 50, "fill_limit": 20}, "fill limit"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_list_is_said_at_the_form(admin_client: Client, values: dict[str, Any], said: str) -> None:
    answer = admin_client.post(ADD, entered(**values))
    assert (answer.status_code, ImportList.objects.count()) == (200, 0)
    assert said in text(answer)


def test_an_address_is_kept_when_the_form_is_sent_without_it(admin_client: Client) -> None:
    admin_client.post(ADD, entered(source="custom.json", address=ADDRESS))
    row = ImportList.objects.get()
    change = reverse("admin:importlists_importlist_change", args=[row.pk])
    assert "an address at lists.example, not shown" in text(admin_client.get(change))
    assert admin_client.post(change, entered(source="custom.json", count=3)).status_code == 302
    row.refresh_from_db()
    assert (row.count, row.address) == (3, ADDRESS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_an_exported_list_is_uploaded(admin_client: Client, encoding: str) -> None:
    body = "Position,Const,Title,Title Type,Year\n1,tt0000001,Amélie,movie,2001\n".encode(encoding)
    upload = SimpleUploadedFile("list.csv", body)
    assert admin_client.post(ADD, entered(source="imdb.file", upload=upload)).status_code == 302
    refreshing.refresh(ImportList.objects.all())
    row = ImportList.objects.get()
    assert [item.title for item in row.items.all()] == ["Amélie"]
    change = reverse("admin:importlists_importlist_change", args=[row.pk])
    assert admin_client.post(change, entered(source="imdb.file", count=3)).status_code == 302
    row.refresh_from_db()
    assert "Amélie" in row.file


def test_a_preview_shows_what_is_found_before_anything_is_saved(admin_client: Client, services: Services) -> None:
    film("a", "Film 1", 2001, "imdb://tt0000001")
    services.on(STEVENLU, FILMS)
    place = reverse("admin:importlists_preview")
    shown = text(admin_client.post(place, entered()))
    assert "It would cache 1; 1 of 2 positions are in the library" in shown
    assert "found by IMDb number" in shown
    assert "not in the library" in shown
    assert "USER/LIST" in text(admin_client.post(place, entered(source="trakt.list")))
    services.on(STEVENLU, Reply(status=404))
    assert "does not have this list" in text(admin_client.post(place, entered()))
    assert ImportList.objects.count() == 0


def test_a_preview_of_a_stored_list_knows_its_address(admin_client: Client, services: Services) -> None:
    services.on("/lists.example/s3cret.json", FILMS)
    row = a_list(provider="custom", chart="json", address=ADDRESS)
    place = f"{reverse('admin:importlists_preview')}?of={row.pk}"
    assert "Film 2" in text(admin_client.post(place, entered(name=row.name, source="custom.json")))


def test_positions_say_how_they_were_found_or_why_not_and_what_is_cached(
    admin_client: Client, services: Services
) -> None:
    film("a", "Film 1", 2001, "imdb://tt0000001")
    services.on(STEVENLU, FILMS)
    row = a_list()
    refreshing.refresh([row])
    before = list(_looks)
    ask(lambda keys: {"a"} & set(keys))
    try:
        place = f"{reverse('admin:importlists_listitem_changelist')}?import_list__id__exact={row.pk}"
        page = admin_client.get(place)
        shown = text(page)
        assert [item.is_cached for item in page.context["cl"].result_list] == [True, False]
        assert "IMDb number" in shown
        assert "not in the library" in shown
        assert "Film 2" not in text(admin_client.get(f"{place}&found=yes"))
    finally:
        _looks[:] = before


def test_a_person_signs_in_at_trakt_on_a_page(admin_client: Client, services: Services) -> None:
    ListPolicy.objects.create(trakt_client_id="client", trakt_client_secret="s3cret-key")
    place = reverse("admin:importlists_trakt")
    assert "Not signed in" in text(admin_client.get(place))
    offer = {"device_code": "s3cret-code", "user_code": "5055CC52", "expires_in": 600, "interval": 1}
    services.on("/api.trakt.tv/oauth/device/code", told(offer))
    assert "5055CC52" in text(admin_client.post(place, {"do": "begin"}, follow=True))
    tokens = {"access_token": "s3cret-a", "refresh_token": "s3cret-r", "expires_in": 604800}
    services.on("/api.trakt.tv/oauth/device/token", told(tokens))
    account = signing.account()
    account.asked_at = datetime(2020, 1, 1, tzinfo=UTC)
    account.save()
    assert "Signed in at Trakt" in text(admin_client.post(place, {"do": "look"}, follow=True))
    assert "Not signed in" in text(admin_client.post(place, {"do": "forget"}, follow=True))


@pytest.mark.parametrize("page", ["presets", "trakt"])
def test_pages_of_lists_are_for_those_who_may_change_them(client: Client, page: str) -> None:
    assert client.get(reverse(f"admin:importlists_{page}")).status_code == 302


# ---- picking, and cards ---------------------------------------------------------------------------------------------


def pick(name: str) -> str:
    return reverse("admin:importlists_pick", args=[name])


def test_a_picked_list_is_looked_at_and_added_on_one_page(admin_client: Client, services: Services) -> None:
    film("a", "Film 1", 2001, "imdb://tt0000001")
    services.on(STEVENLU, FILMS)
    page = pick("stevenlu.popular.movies")
    assert "It would cache" not in text(admin_client.get(page))
    assert services.asked == []
    chosen = {"name": "Popular", "count": "2"}
    assert "It would cache 1" in text(admin_client.post(page, chosen | {"do": "preview"}))
    assert ImportList.objects.count() == 0
    answer = text(admin_client.post(page, chosen | {"do": "add"}, follow=True))
    row = ImportList.objects.get()
    assert (row.name, row.count, row.state) == ("Popular", 2, "fresh")
    assert "Caching 1 of 2, checked 2 positions" in answer


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("trakt.list.both", {}, "USER/LIST"),
        ("custom.json.both", {"address": "http://localhost/x"}, "this machine itself"),
        ("stevenlu.popular.movies", {"count": "many"}, "Write a number"),
        ("stevenlu.popular.movies", {"count": "0"}, "count"),
        ("stevenlu.popular.movies", {"name": "x" * 101}, "name"),
    ],
)
def test_what_cannot_be_is_said_on_the_page_and_nothing_is_added(
    admin_client: Client, services: Services, name: str, values: dict[str, str], said: str
) -> None:
    for what in ("preview", "add"):
        assert said in text(admin_client.post(pick(name), {"do": what, **values}))
    assert ImportList.objects.count() == 0


def test_the_same_list_picked_twice_gets_another_name(admin_client: Client, services: Services) -> None:
    services.on(STEVENLU, FILMS)
    for _ in range(2):
        admin_client.post(pick("stevenlu.popular.movies"), {"do": "add"})
    first, second = ImportList.objects.order_by("pk")
    assert second.name == f"{first.name} 2"


def test_an_unknown_preset_is_nobody_s(admin_client: Client) -> None:
    assert admin_client.get(pick("nobody.knows.it")).status_code == 403


def test_a_card_tells_why_a_list_is_stale_and_its_button_reads_it(admin_client: Client, services: Services) -> None:
    services.on(STEVENLU, FILMS)
    row = a_list()
    refreshing.refresh([row])
    services.on(STEVENLU, Reply(status=500))
    read = reverse("admin:importlists_read", args=[row.pk])
    shown = text(admin_client.post(read, follow=True))
    assert ">Stale<" in shown
    assert "status 500" in shown
    assert "ago counts" in shown
    assert f'formaction="{read}"' in shown
    assert admin_client.get(read).status_code == 405


def test_without_lists_the_page_leads_to_picking_one(admin_client: Client) -> None:
    shown = text(admin_client.get(reverse("admin:importlists_importlist_changelist")))
    assert "No list yet" in shown
