"""Whole documents: containers with their pages, sections, sessions, the history and the server's own facts."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar
from xml.etree.ElementTree import Element, SubElement

from plexusers.standin.elements import Attribute, Describer, Detail, fill
from plexusers.standin.household import Household
from plexusers.standin.records import Episode, Movie, Playing, Section, Viewing
from plexusers.standin.wire import Answer, Request, xml

VERSION = "1.43.0.10492-121068a07"
IDENTIFIER = "com.plexapp.plugins.library"
AGENTS = {"movie": ("tv.plex.agents.movie", "Plex Movie"), "show": ("tv.plex.agents.series", "Plex TV Series")}
TYPES = {"movie": ("1", "Movies"), "show": ("2", "TV Shows"), "season": ("3", "Seasons"), "episode": ("4", "Episodes")}
"""Plex's numbers for kinds of items, with their titles."""
SORTS = ("titleSort", "addedAt", "originallyAvailableAt", "lastViewedAt", "updatedAt")

Thing = TypeVar("Thing")


def container(size: int, **attributes: Attribute) -> Element:
    """The root of every answer."""
    return fill(Element("MediaContainer", size=str(size)), **attributes)


def listing(
    request: Request, things: Sequence[Thing], describe: Callable[[Thing], Element], **attributes: Attribute
) -> Answer:
    """A list, or the page of it that was asked for. Only an answer with pages says how many there are in all."""
    size = request.number("X-Plex-Container-Size")
    start = request.number("X-Plex-Container-Start")
    attributes = {"identifier": IDENTIFIER, "allowSync": "1", **attributes}
    if size is None and start is None:
        root = container(len(things), **attributes)
        root.extend([describe(thing) for thing in things])
        return xml(root)
    first = start or 0
    page = things[first:] if size is None else things[first : first + size]
    root = container(len(page), totalSize=len(things), offset=first, **attributes)
    root.extend([describe(thing) for thing in page])
    return xml(root, {"X-Plex-Container-Start": str(first), "X-Plex-Container-Total-Size": str(len(things))})


def section_facts(household: Household, section: Section) -> dict[str, Attribute]:
    """What a container says about the section its items come from."""
    return {
        "librarySectionID": section.key,
        "librarySectionTitle": section.title,
        "librarySectionUUID": section_uuid(household, section),
        "title1": section.title,
        "viewGroup": section.type,
    }


def section_uuid(household: Household, section: Section) -> str:
    """An id that tells this section from the sections of every other server."""
    return f"{household.machine_identifier[:8]}-0000-4000-8000-{int(section.key):012d}"


def section_element(household: Household, section: Section) -> Element:
    """A library with its directories. `contentChangedAt` counts the changes, it is no time."""
    agent, scanner = AGENTS[section.type]
    element = fill(Element("Directory"), allowSync=1, filters=1, refreshing=0, key=section.key, type=section.type)
    fill(element, title=section.title, agent=agent, scanner=scanner, language="en-US", content=1, directory=1)
    fill(element, hidden=section.hidden)
    fill(element, uuid=section_uuid(household, section), updatedAt=1_600_000_000, createdAt=1_500_000_000)
    fill(element, scannedAt=1_600_000_000, contentChangedAt=household.changes[section.key])
    for number, path in enumerate(section.locations, int(section.key) * 100):
        fill(SubElement(element, "Location"), id=number, path=path)
    return element


def meta(section: Section, kinds: Sequence[str]) -> Element:
    """Which kinds of items a section has and how they can be sorted, for clients that build their own searches."""
    root = Element("Meta")
    for kind in kinds:
        number, title = TYPES.get(kind, ("18", "Collections"))
        key = f"/library/sections/{section.key}/all?type={number}"
        described = fill(SubElement(root, "Type"), key=key, type=kind, title=title, active=int(kind == kinds[0]))
        for name in SORTS:
            fill(SubElement(described, "Sort"), key=name, descKey=f"{name}:desc", defaultDirection="desc", title=name)
    return root


def session(household: Household, playing: Playing) -> Element:
    """Somebody playing something, with the version that is being played and no other."""
    user = household.accounts[playing.account]
    describer = Describer(household, user, Detail(guids=True))
    item = household.items.get(playing.item or "")
    if isinstance(item, Movie | Episode):
        video = describer.item(replace(item, versions=()))
        for version in item.versions:
            if version.id == playing.version:
                media = describer.media(version, item.duration, selected=True, transcoded=playing.transcoded)
                video.append(media)
    else:
        video = clip(playing)
    fill(video, sessionKey=playing.key, viewOffset=playing.offset)
    fill(SubElement(video, "User"), id=user.id, title=user.title, thumb=user.thumb)
    player = fill(SubElement(video, "Player"), address="192.0.2.10", local=1, title="Television", state=playing.state)
    fill(player, machineIdentifier=f"player-{user.id}", product="Plex for Android (TV)", userID=user.id)
    fill(SubElement(video, "Session"), id=f"session-{playing.key}", bandwidth=8000, location="lan")
    if playing.transcoded:
        fill(SubElement(video, "TranscodeSession"), key=f"/transcode/sessions/{playing.key}", videoDecision="transcode")
    return video


def clip(playing: Playing) -> Element:
    """A pre-roll, a live programme or a piece of music: there is a part, but no video of the library behind it."""
    key = str(900_000 + playing.key)
    tag = "Track" if playing.clip == "track" else "Video"
    video = fill(Element(tag), ratingKey=key, duration=6000, addedAt=1_600_000_000)
    if playing.clip == "track":
        fill(video, librarySectionID=9, type="track", title="Overture", grandparentTitle="An Orchestra", index=1)
        fill(video, guid="plex://track/0", key=f"/library/metadata/{key}")
    elif playing.clip == "livetv":
        fill(video, live=1, type="episode", title="Evening News", key=f"/livetv/sessions/live_{key}")
        fill(video, guid="plex://episode/0", grandparentTitle="Evening News", index=1, parentIndex=1)
    else:
        fill(video, librarySectionID=-2, type="clip", title="preroll", key=f"/library/metadata/{key}")
        fill(video, guid="analyzed.prerolls://0")
    media = fill(SubElement(video, "Media"), id=key, container="mpegts", selected=1)
    fill(SubElement(media, "Part"), id=key, container="mpegts", selected=1)
    return video


def viewing(household: Household, entry: Viewing) -> Element:
    """A line of the history. What left the library has no key any more."""
    there = entry.item.key in household.items
    kind = "movie" if isinstance(entry.item, Movie) else "episode"
    video = fill(Element("Video"), historyKey=f"/status/sessions/history/{entry.id}", type=kind, title=entry.item.title)
    if isinstance(entry.item, Episode):
        fill(video, grandparentTitle=entry.show, index=entry.item.index, parentIndex=entry.item.season_index)
    if there:
        fill(video, ratingKey=entry.item.key, key=f"/library/metadata/{entry.item.key}", guid=entry.item.guid)
    fill(video, librarySectionID=entry.item.section, viewedAt=entry.viewed_at, accountID=entry.account, deviceID=1)
    return video


def root_facts(household: Household) -> Element:
    """What the server says about itself at its root."""
    root = container(2, friendlyName=household.name, machineIdentifier=household.machine_identifier, version=VERSION)
    fill(root, allowMediaDeletion=1, allowSharing=1, allowSync=1, multiuser=1, myPlex=1, myPlexMappingState="mapped")
    fill(root, myPlexSigninState="ok", myPlexSubscription=1, myPlexUsername=household.owner.title, eventStream=1)
    fill(root, platform="Linux", platformVersion="6.12", transcoderActiveVideoSessions=0, updatedAt=1_600_000_000)
    for name in ("library", "status"):
        fill(SubElement(root, "Directory"), count=1, key=name, title=name)
    return root


def preferences(household: Household) -> Element:
    """Those of the server's settings that matter for what is on deck and for files that go missing."""
    settings: list[tuple[str, str, str, str]] = [
        ("FriendlyName", "text", "", household.name),
        ("FSEventLibraryUpdatesEnabled", "bool", "false", "true"),
        ("autoEmptyTrash", "bool", "true", "true"),
        ("allowMediaDeletion", "bool", "true", "true"),
        ("OnDeckWindow", "int", "16", str(household.on_deck_weeks)),
        ("OnDeckLimit", "int", "40", str(household.on_deck_limit)),
        ("OnDeckIncludePremieres", "bool", "true", "true"),
    ]
    root = container(len(settings))
    for name, kind, default, value in settings:
        setting = fill(SubElement(root, "Setting"), id=name, label=name, summary="", type=kind)
        fill(setting, default=default, value=value, hidden=0, advanced=0, group="library")
    return root
