"""Endpoints of plex.tv: an account, the people around it, the sharing of the server, and who may become whom."""

from xml.etree.ElementTree import Element, SubElement

from plexusers.standin.answers import VERSION
from plexusers.standin.avatars import avatar_png
from plexusers.standin.documents import as_json, as_xml, element, told
from plexusers.standin.elements import fill
from plexusers.standin.records import Account, Section
from plexusers.standin.refusals import PIN_REQUIRED, plex_tv_error
from plexusers.standin.wire import Answer, Request, error, xml

JOINED_AT = 1_455_580_800
"""When everybody made their account, in epoch seconds."""
FEATURES = ("allowSync", "allowCameraUpload", "allowChannels", "allowTuners", "allowSubtitleAdmin")
FILTERS = ("filterAll", "filterMovies", "filterMusic", "filterPhotos", "filterTelevision")


def user(request: Request) -> Answer:
    """The account whose token it is."""
    return told(request, "user", account_facts(request, request.asker))


def account_facts(request: Request, account: Account) -> dict[str, object]:
    """What plex.tv tells an account about itself."""
    owner = account.kind == "owner"
    at_home = account.kind != "shared"
    size = sum(one.kind != "shared" for one in request.household.members)
    state = "Active" if owner else "Inactive"
    return {
        "id": account.plex_id,
        "uuid": account.uuid,
        "username": account.username,
        "title": account.title,
        "email": account.email,
        "friendlyName": account.title,
        "locale": None,
        "confirmed": True,
        "joinedAt": JOINED_AT,
        "hasPassword": not account.managed,
        "protected": bool(account.pin),
        "thumb": account.thumb,
        "authToken": account.account_token,
        "scrobbleTypes": "",
        "country": "GB",
        "restricted": account.managed,
        "home": at_home,
        "guest": False,
        "homeSize": size if at_home else 1,
        "homeAdmin": owner,
        "maxHomeSize": 15,
        "subscription": {"active": owner, "status": state, "plan": "lifetime" if owner else None},
        "profile": {"autoSelectAudio": True, "defaultAudioLanguage": "en", "autoSelectSubtitle": 0},
    }


def users(request: Request) -> Answer:
    """Everybody but the account itself who is in its Plex Home or a friend of it. Only XML, whatever is accepted."""
    household, asker = request.household, request.asker
    others = [one for one in household.members if one.id != asker.id] if asker.kind == "owner" else []
    document = _people_document(request, len(others))
    for one in others:
        person = fill(SubElement(document, "User"), id=one.plex_id, title=one.title, username=one.username)
        fill(person, email=one.email, recommendationsPlaylistId="", thumb=one.thumb, protected=int(bool(one.pin)))
        fill(person, restricted=int(one.managed), home=int(one.kind == "home") or None)
        fill(person, **dict.fromkeys(FEATURES, 0), **dict.fromkeys(FILTERS, ""))
        server = fill(SubElement(person, "Server"), id=2_000_000 + one.plex_id, serverId=1, owned=1, pending=0)
        fill(server, machineIdentifier=household.machine_identifier, name=household.name, lastSeenAt=household.now())
        fill(server, numLibraries=len(_shared(request, one)), allLibraries=int(one.sections is None))
    return xml(document)


def home_users(request: Request) -> Answer:
    """Who lives in the account's Plex Home, itself included; only XML. A friend has a home of one."""
    asker = request.asker
    people = [one for one in request.household.members if one.kind != "shared"] if asker.kind != "shared" else [asker]
    document = _people_document(request, len(people))
    for one in people:
        person = fill(SubElement(document, "User"), id=one.plex_id, uuid=one.uuid, title=one.title, email=one.email)
        fill(person, username=one.username, thumb=one.thumb, hasPassword=int(not one.managed), guest=0)
        fill(person, restricted=int(one.managed), admin=int(one.kind == "owner"), protected=int(bool(one.pin)))
    return xml(document)


def shared_servers(request: Request) -> Answer:
    """With whom the owner shares the server by name, which sections, and their tokens for it. Only XML."""
    household = request.household
    if request.names["machine"] != household.machine_identifier:
        return error(404)
    listed = [one for one in household.members if one.listed and one.kind != "owner"]
    document = fill(_people_document(request, len(listed)), totalSize=None)
    for one in listed:
        share = fill(SubElement(document, "SharedServer"), id=3_000_000 + one.plex_id, username=one.username)
        fill(share, email=one.email, userID=one.plex_id, name=household.name, owned=0)
        fill(share, accessToken=one.token if household.tells_share_tokens else None)
        fill(share, acceptedAt=JOINED_AT, invitedAt=JOINED_AT, allLibraries=int(one.sections is None))
        fill(share, **dict.fromkeys(FEATURES, 0))
        shared = _shared(request, one)
        for section in household.sections.values():
            known = fill(SubElement(share, "Section"), id=7000 + int(section.key), key=section.key)
            fill(known, title=section.title, type=section.type, shared=int(section in shared))
    return xml(document)


def resources(request: Request) -> Answer:
    """The servers the account has access to: this one, with the account's own token for it."""
    household, asker = request.household, request.asker
    found = [_resource(request)] if any(one.id == asker.id for one in household.members) else []
    if request.wants_json:
        return as_json(found)
    root = Element("resources")
    for facts in found:
        connections = facts.pop("connections")
        resource = element("resource", facts)
        resource.append(element("connections", {"connection": connections}))
        root.append(resource)
    return as_xml(root)


def switch_by_number(request: Request) -> Answer:
    """Becomes a home user: the older endpoint, which takes plex.tv's number and answers in XML."""
    wanted = [one for one in _at_home(request) if str(one.plex_id) == request.names["user"]]
    refused = _refused(request, wanted)
    if refused:
        return refused
    (account,) = wanted
    root = fill(Element("user"), id=account.plex_id, uuid=account.uuid, title=account.title, email=account.email)
    fill(root, username=account.username, thumb=account.thumb, home=1, restricted=int(account.managed))
    return xml(fill(root, authenticationToken=account.account_token))


def switch(request: Request) -> Answer:
    """Becomes a home user: the newer endpoint, which takes the uuid."""
    wanted = [one for one in _at_home(request) if one.uuid == request.names["user"]]
    refused = _refused(request, wanted)
    return refused or told(request, "user", account_facts(request, wanted[0]), status=201)


def avatar(request: Request) -> Answer:
    """A picture, for everybody who knows its address."""
    known = any(one.uuid == request.names["uuid"] for one in request.household.accounts.values())
    return Answer(200, avatar_png(request.names["uuid"]), "image/png") if known else error(404)


def _at_home(request: Request) -> list[Account]:
    return [one for one in request.household.members if one.kind != "shared"]


def _refused(request: Request, wanted: list[Account]) -> Answer | None:
    """Why the asker may not become that user: not of the same home, nobody there, or the PIN is not right."""
    if request.asker.kind == "shared":
        return error(403)
    if not wanted:
        return error(404)
    pin = wanted[0].pin
    return plex_tv_error(request, 403, PIN_REQUIRED) if pin and request.query.get("pin") != pin else None


def _people_document(request: Request, size: int) -> Element:
    root = fill(Element("MediaContainer"), friendlyName="myPlex", identifier="com.plexapp.plugins.myplex")
    return fill(root, machineIdentifier=request.household.machine_identifier, totalSize=size, size=size)


def _shared(request: Request, account: Account) -> list[Section]:
    return [one for one in request.household.sections.values() if account.sees(one.key)]


def _resource(request: Request) -> dict[str, object]:
    household, asker = request.household, request.asker
    owned = asker.kind == "owner"
    address, _, port = request.headers.get("host", "127.0.0.1:32400").partition(":")
    connection = {"protocol": "http", "address": address, "port": int(port or 80), "uri": f"http://{address}:{port}"}
    return {
        "name": household.name,
        "product": "Plex Media Server",
        "productVersion": VERSION,
        "platform": "Linux",
        "platformVersion": "6.12",
        "device": "Docker Container",
        "clientIdentifier": household.machine_identifier,
        "createdAt": "2021-01-01T12:12:24Z",
        "lastSeenAt": "2026-01-01T13:43:34Z",
        "provides": "server",
        "ownerId": None if owned else household.owner.plex_id,
        "sourceTitle": None if owned else household.owner.title,
        "publicAddress": "203.0.113.7",
        "accessToken": asker.token,
        "owned": owned,
        "home": asker.kind != "shared",
        "presence": True,
        "relay": False,
        "connections": [{**connection, "local": True, "relay": False, "IPv6": False}],
    }
