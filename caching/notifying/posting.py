"""The one owner of Apprise: checks addresses, and posts messages. Imported by Apprise's own weight only when used.

Targets are asked directly, whatever the gateway for outside services says: they may be anywhere, and belong to the
owner. Apprise has its own requests, with time limits for each read; whoever calls `post` limits the whole.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from cacherr.errors import ConfigurationError
from cacherr.redaction import MASK, redacted
from caching.notifying import unraid
from caching.notifying.rendering import Style
from caching.notifying.values import Message

if TYPE_CHECKING:
    from apprise import Apprise, NotifyBase

READ_SECONDS = 10.0
LOCAL = {"blink1", "dbus", "gio", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows"}
"""What shows something on the machine itself: in a container nobody would see it."""
STYLES = {"discord": Style.DISCORD, "slack": Style.SLACK}
EXAMPLE = "Write it as discord://WEBHOOK_ID/TOKEN; all services: https://appriseit.com/services/."

_STATUS = re.compile(r"\berror=(\d{3})\b")
SENTENCES = {
    400: "{} does not understand the message or its address (400). Check the address.",
    401: "{} refuses the address or its token (401). Make a new one and enter it.",
    403: "{} refuses the address or its token (403). Make a new one and enter it.",
    404: "{} knows no such address (404): it may have been deleted. Make a new one and enter it.",
    410: "{} knows this address no more (410). Make a new one and enter it.",
    429: "{} asks for fewer messages (429). It is tried again later.",
}


def check(url: str) -> str:
    """The name of the service whose address this is. Raises ConfigurationError with what is wrong with it."""
    if unraid.is_meant(url):
        unraid.require()
        return unraid.NAME
    return str(_service(url).service_name)


def style(url: str) -> Style:
    """How the service of a checked address takes its texts."""
    if unraid.is_meant(url):
        return Style.PLAIN
    return STYLES.get(_schema(_service(url)), Style.PLAIN)


def post(url: str, message: Message) -> str:
    """Send a message now. Why it did not arrive, as a sentence without secrets; empty when it did.

    Raises ConfigurationError for an address that cannot be used (any more).
    """
    if unraid.is_meant(url):
        return unraid.notify(message)
    service = _service(url)
    sender = _sender(service)
    result = sender.notify(
        message.body, message.title, message.level, body_format="markdown" if message.markdown else "text"
    )
    if result:
        return ""
    said = [str(entry.message) for entry in result.logs()]
    return without_secrets(_sentence(str(service.service_name), said), url)


def without_secrets(text: str, url: str) -> str:
    """A text without anything that only the address could have told it."""
    parts = urlsplit(url)
    found = {*re.split(r"[/:@,]", f"{parts.netloc}/{parts.path}"), *re.split(r"[&=]", parts.query)}
    secrets = {form for secret in found for form in (secret, unquote(secret)) if len(form) >= 5}
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return redacted(text)


def _service(url: str) -> "NotifyBase":
    from apprise import Apprise, AppriseAsset
    from apprise.exception import AppriseException

    # Never a deadline of Apprise's own: its pool of threads would hold up the end of the process.
    asset = AppriseAsset(app_id="Cacherr", app_desc="Cacherr", storage_mode="memory", service_timeout=0)
    scheme = url.partition("://")[0].lower()
    if scheme in LOCAL:
        raise ConfigurationError(f"{scheme}:// would show messages on this machine only.", EXAMPLE)
    try:
        service = Apprise.instantiate(_with_format(url), asset=asset, suppress_exceptions=False)
    except (AppriseException, TypeError, ValueError) as error:
        why = without_secrets(str(error).rstrip("."), url)
        raise ConfigurationError(f"This {scheme}:// address is not complete: {why}.", EXAMPLE) from None
    if service is None:
        raise ConfigurationError("This is no address of a service that Cacherr can send to.", EXAMPLE)
    if getattr(service, "template", None):
        raise ConfigurationError("An address with a template is not taken: it would read files.", EXAMPLE)
    # An address may ask to be tried again, or to count as reached whatever happens: both are our own matter.
    service.retry, service.optional = 0, False
    service.socket_connect_timeout = min(service.socket_connect_timeout, READ_SECONDS)
    service.socket_read_timeout = READ_SECONDS
    return service


def _with_format(url: str) -> str:
    """Discord makes fields of Markdown only when the address asks for it."""
    is_discord = url.lower().startswith("discord://") or "discord.com/api/webhooks/" in url.lower()
    if not is_discord or "format=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}format=markdown"


def _sender(service: "NotifyBase") -> "Apprise":
    from apprise import Apprise

    sender = Apprise(asset=service.asset)
    sender.add(service)
    return sender


def _schema(service: "NotifyBase") -> str:
    names: tuple[Any, ...] = (service.protocol, service.secure_protocol)  # each a name, several or none
    flat = [name for given in names for name in ([given] if isinstance(given, str) else given or ())]
    return next((name for name in flat if name in STYLES), "")


def _sentence(name: str, said: Iterable[str]) -> str:
    status = next((int(found[1]) for text in said if (found := _STATUS.search(text))), 0)
    if status in SENTENCES:
        return SENTENCES[status].format(name)
    if status >= 500:
        return f"{name} has trouble of its own ({status}). It is tried again later."
    if status:
        return f"{name} did not take the message ({status})."
    return f"{name} does not answer. Check the address and whether it can be reached from here."
