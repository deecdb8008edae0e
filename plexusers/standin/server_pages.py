"""Endpoints about the server and its people: identity, accounts, settings, sessions, history, reports of players."""

import base64
from xml.etree.ElementTree import Element, SubElement

from plexusers.standin.answers import VERSION, container, listing, preferences, root_facts, session, viewing
from plexusers.standin.elements import fill
from plexusers.standin.records import Episode, Item, Movie, Viewing
from plexusers.standin.wire import Answer, Request, error, xml


def root(request: Request) -> Answer:
    """The server's own facts."""
    return xml(root_facts(request.household))


def identity(request: Request) -> Answer:
    """Who the server is; everybody may know."""
    facts = container(0, claimed=1, machineIdentifier=request.household.machine_identifier, version=VERSION)
    return xml(facts)


def accounts(request: Request) -> Answer:
    """The people by the server's numbering; number 0 is the nameless local account."""
    people = [(0, ""), *((account.id, account.title) for account in request.household.accounts.values())]
    document = container(len(people), identifier="com.plexapp.system.accounts")
    for number, name in people:
        account = fill(SubElement(document, "Account"), id=number, key=f"/accounts/{number}", name=name, thumb="")
        fill(account, defaultAudioLanguage="en", autoSelectAudio=1, defaultSubtitleLanguage="en", subtitleMode=1)
    return xml(document)


def prefs(request: Request) -> Answer:
    """The server's settings."""
    return xml(preferences(request.household))


def browse(request: Request) -> Answer:
    """The directories in a directory of the server's machine, which the address names in base64."""
    look = request.household.browse
    if look is None:
        return error(404)
    path = base64.b64decode(request.names["path"]).decode()
    names = sorted(look(path))
    document = container(len(names))
    for name in names:
        below = f"{path.rstrip('/')}/{name}"
        key = f"/services/browse/{base64.b64encode(below.encode()).decode()}"
        fill(SubElement(document, "Path"), key=key, title=name, path=below)
    return xml(document)


def sessions(request: Request) -> Answer:
    """What is playing now."""
    playing = request.household.playing.values()
    document = container(len(playing))
    document.extend([session(request.household, one) for one in playing])
    return xml(document)


def history(request: Request) -> Answer:
    """What was watched, newest first; everybody's for the owner, and their own for the others."""
    household, asker = request.household, request.asker
    whose = request.number("accountID") if asker.kind == "owner" else asker.id
    since, key = request.number("viewedAt>", 0) or 0, request.query.get("metadataItemID")

    def wanted(entry: Viewing) -> bool:
        return entry.viewed_at >= since and whose in (None, entry.account) and key in (None, entry.item.key)

    def describe(entry: Viewing) -> Element:
        return viewing(household, entry)

    entries = [entry for entry in household.history if wanted(entry)]
    entries.sort(key=lambda entry: (entry.viewed_at, entry.id), reverse=True)
    return listing(request, entries, describe)


def scrobble(request: Request) -> Answer:
    """Marks as watched."""
    item = _reported(request)
    if item is None:
        return error(404)
    request.household.mark_watched(request.asker, item)
    return Answer()


def unscrobble(request: Request) -> Answer:
    """Marks as not watched."""
    item = _reported(request)
    if item is None:
        return error(404)
    request.household.mark_unwatched(request.asker, item)
    return Answer()


def progress(request: Request) -> Answer:
    """Takes down a player's position, in milliseconds."""
    item, offset = _reported(request), request.number("time")
    if not isinstance(item, Movie | Episode) or offset is None:
        return error(404)
    request.household.progress(request.asker, item, offset_ms=offset)
    return Answer()


def _reported(request: Request) -> Item | None:
    key = request.query.get("ratingKey", request.query.get("key", ""))
    item = request.household.items.get(key)
    return item if item and request.asker.sees(item.section) else None
