"""The page of requests: who is asked how often, how that went, who rests, and the button that ends it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cacherr.rests import Rest
from cacherr.tally import Sum, What
from plexusers import bookkeeping, request_page
from plexusers.bookkeeping import RequestBooks
from plexusers.models.asking import EARLIER

pytestmark = pytest.mark.django_db


def ask(days_ago: int, count: int, outcome: str = "ok", endpoint: str = "/api/v2/user", host: str = "plex.tv") -> None:
    what = What(datetime.now(UTC).date() - timedelta(days=days_ago), host, endpoint, outcome)
    RequestBooks().write({what: Sum(count, 1000 * count, 0.25 * count)}, {})


def page(client: Client) -> str:
    answer = client.get(reverse("admin:plexusers_requestcount_changelist"))
    assert answer.status_code == 200
    return answer.content.decode()


def test_requests_are_shown_of_today_a_week_and_a_month_with_what_went_wrong() -> None:
    ask(0, 1)
    ask(0, 2, "429")
    ask(6, 4, "error")
    ask(7, 8, "5xx")
    ask(29, 16)
    ask(30, 32)
    RequestBooks().write({What(EARLIER, "plex.tv", "/api/v2/user", "ok"): Sum(64)}, {})
    ((name, numbers),) = request_page.shown()["hosts"][0]["endpoints"]
    assert name == "/api/v2/user"
    assert (numbers.today, numbers.week, numbers.month) == (3, 7, 31)
    assert numbers.trouble == "2 asked to wait, 4 no answer"
    assert (numbers.size, numbers.milliseconds) == (31_000, 250)


def test_the_plex_server_comes_first_then_who_is_asked_most() -> None:
    ask(0, 1, host="server", endpoint="/identity")
    ask(0, 5)
    ask(0, 50, host="api.trakt.tv", endpoint="/movies/trending")
    ask(0, 7, endpoint="/api/users")
    hosts = request_page.shown()["hosts"]
    assert [host["name"] for host in hosts] == ["The Plex server", "api.trakt.tv", "plex.tv"]
    assert [name for name, _ in hosts[2]["endpoints"]] == ["/api/users", "/api/v2/user"]
    assert hosts[2]["numbers"].today == 12


def test_the_page_asks_the_database_twice_whatever_there_is() -> None:
    for number in range(30):
        ask(number % 20, 1, host=f"host-{number}.example.org")
    with CaptureQueriesContext(connection) as queries:
        assert len(request_page.shown()["hosts"]) == 30
    assert len(queries) == 2


def test_the_page_names_who_rests_and_the_button_ends_it(admin_client: Client) -> None:
    assert "Nobody has been asked yet" in page(admin_client)
    ask(0, 3, host='<b>"evil"</b>')
    rests = {
        "plex.tv": Rest(timezone.now().timestamp() + 600, asked=True),
        "example.org": Rest(timezone.now().timestamp() + 60, asked=False, times=6),
    }
    RequestBooks().write({}, rests)
    shown = page(admin_client)
    assert "plex.tv asks to wait until" in shown
    assert "example.org has failed 6 times in a row" in shown
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown
    again = reverse("admin:plexusers_requests_again")
    assert admin_client.get(again).status_code == 405
    assert "2 hosts may be asked again" in admin_client.post(again, follow=True).content.decode()
    assert bookkeeping.rests() == {}
    assert "Ask again now" not in page(admin_client)


def test_who_may_only_look_can_end_nothing(client: Client) -> None:
    user = User.objects.create_user("viewer", password=None, is_staff=True)
    client.force_login(user)
    address, again = reverse("admin:plexusers_requestcount_changelist"), reverse("admin:plexusers_requests_again")
    assert client.get(address).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_requestcount"))
    RequestBooks().write({}, {"plex.tv": Rest(timezone.now().timestamp() + 600, asked=True)})
    assert "Ask again now" not in page(client)
    assert client.post(again).status_code == 403
    assert bookkeeping.rests()


def test_the_page_is_in_the_side_bar(admin_client: Client) -> None:
    assert (
        f'href="{reverse("admin:plexusers_requestcount_changelist")}"' in admin_client.get("/admin/").content.decode()
    )
