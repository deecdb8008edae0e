"""How plex.tv and its hosts word an error. The server itself answers with a page in HTML whatever was asked for."""

import json
from dataclasses import replace

from plexusers.standin.wire import (
    COMMUNITY,
    DISCOVER,
    HTML_TYPE,
    JSON_TYPE,
    METADATA,
    PLEX_TV,
    XML_TYPE,
    Answer,
    Reply,
    Request,
    reason,
)

CODES = {
    401: (1001, "User could not be authenticated"),
    403: (1002, "Forbidden"),
    404: (1020, "Not found"),
    429: (1003, "API rate limit exceeded"),
}
"""Plex's own numbers and words by status. Those of 401 and 429 are recorded."""
PIN_REQUIRED = (1041, "A valid PIN is required to perform this action")
XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
FROM_A_PROXY = 500
"""From this status on it is no longer the service that answers."""


def in_the_hosts_words(reply: Reply, request: Request) -> Reply:
    """Gives an error the body that the host it was asked of gives it; everything else stays as it is."""
    if not isinstance(reply, Answer) or reply.content_type != HTML_TYPE or not 400 <= reply.status < FROM_A_PROXY:
        return reply
    if request.host in PLEX_TV:
        worded = plex_tv_error(request, reply.status)
    elif request.host in (DISCOVER, METADATA):
        worded = _provider_error(request, reply.status)
    elif request.host == COMMUNITY:
        worded = _json(reply.status, {"errors": [{"message": reason(reply.status)}]})
    else:
        return reply
    return replace(worded, headers=reply.headers)


def plex_tv_error(request: Request, status: int, said: tuple[int, str] | None = None) -> Answer:
    """An error of plex.tv: XML, or JSON when that is accepted. Being asked too often it says in JSON only."""
    if status == 422:
        return _json(status, {"error": "Invalid token"})
    code, message = said or CODES.get(status, (1000, reason(status)))
    if status == 429 or (request.wants_json and "/api/v2/" in request.path):
        return _json(status, {"errors": [{"code": code, "message": message, "status": status}]})
    body = f'{XML_HEAD}<errors>\n  <error code="{code}" message="{message}" status="{status}"/>\n</errors>\n'
    return Answer(status, body.encode(), XML_TYPE)


def _provider_error(request: Request, status: int) -> Answer:
    facts = {"error": reason(status), "message": reason(status), "statusCode": status}
    if request.wants_json:
        return _json(status, {"Error": facts})
    attributes = " ".join(f'{name}="{fact}"' for name, fact in facts.items())
    return Answer(status, f"<Error {attributes}/>".encode(), XML_TYPE)


def _json(status: int, document: object) -> Answer:
    return Answer(status, json.dumps(document, separators=(",", ":")).encode(), JSON_TYPE)
