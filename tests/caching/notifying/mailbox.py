"""A real HTTP server that takes what notification services are sent, and what a test needs beside it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from caching.models import Notice, NoticeEvent, NotificationTarget
from tests.scripted_server import Answer, Handler, Server, answer, running

SECRET = "s3cret-path-of-the-webhook"


@dataclass
class Mailbox:
    """What arrived: bodies as they were read."""

    server: Server
    bodies: list[Any] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address in Apprise's words."""
        return f"json://127.0.0.1:{self.server.server_port}/{SECRET}"

    @property
    def titles(self) -> list[str]:
        return [body["title"] for body in self.bodies]


@contextmanager
def mailbox(*statuses: int) -> Iterator[Mailbox]:
    """Answers with these statuses, one after the other, the last one for ever after."""
    with running() as server:
        box = Mailbox(server)
        server.script = [_taking(box, status) for status in statuses or (200,)]
        yield box


def _taking(box: Mailbox, status: int) -> Answer:
    def take(to: Handler) -> None:
        box.bodies.append(json.loads(to.rfile.read(int(to.headers["Content-Length"]))))
        answer(b"ok", status)(to)

    return take


def make_target(url: str, *events: str, **values: Any) -> NotificationTarget:
    """A target that is told of these events, of all when none is named."""
    chosen = {f"on_{event}": not events or event in events for event in NoticeEvent.values}
    return NotificationTarget.objects.create(**{"name": "Phone", "url": url, "service": "JSON", **chosen, **values})


def titles() -> list[str]:
    """What waits to be told."""
    return list(Notice.objects.values_list("title", flat=True))


def make_due() -> None:
    """As if all that waits had waited long enough, and nothing had been sent lately."""
    Notice.objects.update(due_at=timezone.now())
    NotificationTarget.objects.update(last_at=None, rests_until=None)
