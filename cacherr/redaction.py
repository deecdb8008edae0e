"""Secrets are taken out of every line of the log, wherever they come from: addresses, headers, answers, tracebacks.

Nothing of ours logs them on purpose. This is for what others raise and log: libraries put whole addresses into their
errors. What is masked is recognised by the name before it, so a secret in free text is not found.
"""

import logging
import re

MASK = "***"

_VALUE = r"""[^\s&"'<>,;)}\]\\]+"""
_PART = r"""[^\s/?&#"'<>,;)}\]\\]+"""
_NAMES = (
    "x-plex-token|x-plex-pin|x-api-key|trakt-api-key|x-gotify-key|authtoken|auth_token|accesstoken|access_token|"
    "refresh_token|client_secret|device_code|api_key|apikey|plex_token|webhook_secret|friends_feed|cacherr_api_key"
)
"""Names that belong to a secret whatever stands between them and it."""
_WORDS = "token|pin|password|passwd|secret|key|sig|signature"
"""Words that do so only in addresses, XML and JSON: `token=…`, `"token": "…"`."""

_TARGETS = "discord|slack|tgram|ntfys?|gotifys?|mailtos?|pover|matrixs?|jsons?|xmls?|forms?|apprises?|workflows?"
"""Addresses of notification targets: all of one is a secret."""

_PATTERNS = [
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (rf"""(\b(?:{_NAMES})(?:["']|\\["'])?\s*(?:=|:|%3d)\s*(?:["']|\\["'])?)(?!bearer\b){_VALUE}""", rf"\1{MASK}"),
        (rf"""([?&\s"'](?:{_WORDS})(?:=|%3d)["']?){_VALUE}""", rf"\1{MASK}"),
        (rf"""(["'](?:{_WORDS})\\?["']\s*:\s*\\?["']){_VALUE}""", rf"\1{MASK}"),
        (r"\b((?:Bearer|Basic|Token)\s+)[\w.~+/=-]{8,}", rf"\1{MASK}"),
        (r"(://[^\s/@:]*:)[^\s/@]+(?=@)", rf"\1{MASK}"),
        (rf"(rss\.plex\.tv/|/rss/|/signin/|/bot(?=[\w-]*\d)|/webhooks/[\w.-]+/){_PART}", rf"\1{MASK}"),
        (r"(/services/)[^\s?\"'<>]+", rf"\1{MASK}"),
        (rf"\b((?:{_TARGETS})://)[^\s\"'<>]+", rf"\1{MASK}"),
    )
]


def redacted(text: str) -> str:
    """The text without its secrets."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


_CONTROL = {code: ascii(chr(code))[1:-1] for code in (*range(32), *range(127, 160), 0x2028, 0x2029)}


class RedactingFormatter(logging.Formatter):
    """Masks the whole line, with what was given as arguments and the traceback of an error.

    A message is one line: a file's name with a line break in it must not look like a line of its own.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """The line before the traceback, without control characters."""
        record.message = record.message.translate(_CONTROL)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        """The line without secrets."""
        return redacted(super().format(record))
