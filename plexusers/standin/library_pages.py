"""Endpoints about the library: sections, lists of items, what is on deck, single items."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement

from plexusers.standin.answers import TYPES, container, listing, meta, section_element, section_facts
from plexusers.standin.avatars import poster_png
from plexusers.standin.elements import Describer, Detail, fill
from plexusers.standin.records import Item, Playable, Section
from plexusers.standin.searching import search, shared_sections
from plexusers.standin.tagging import tag_id, tags_of
from plexusers.standin.wire import Answer, Request, error, xml


def describer(request: Request) -> Describer:
    """Tells of items what the request wants told."""
    detail = Detail(guids=request.flag("includeGuids"))
    return Describer(request.household, request.asker, detail)


def root(_request: Request) -> Answer:
    """The library itself, which only has a title."""
    return xml(container(0, identifier="com.plexapp.plugins.library", title1="Plex Library", allowSync=0))


def sections(request: Request) -> Answer:
    """The sections shared with the account."""
    shared = shared_sections(request)
    document = container(len(shared), allowSync=0, title1="Plex Library", identifier="com.plexapp.plugins.library")
    document.extend([section_element(request.household, one) for one in shared])
    return xml(document)


def section_all(request: Request) -> Answer:
    """The items of a section, of its own kind unless `type` says another."""
    section = _section(request)
    if section is None:
        return error(404)
    items = search(request, [section], request.query.get("type") or TYPES[section.type][0])
    facts = section_facts(request.household, section)
    if request.flag("includeMeta"):
        return _with_meta(request, section, ["movie"] if section.type == "movie" else ["show", "season", "episode"])
    return listing(request, items, describer(request).item, **facts)


def section_collections(request: Request) -> Answer:
    """A section's collections, of which there are none."""
    section = _section(request)
    return error(404) if section is None else _with_meta(request, section, ["collection"])


def labels(request: Request) -> Answer:
    """The labels of a section's items."""
    return _tags(request, "label")


def genres(request: Request) -> Answer:
    """The genres of a section's items."""
    return _tags(request, "genre")


def _tags(request: Request, kind: str) -> Answer:
    """The labels or the genres that items of a section have, each with the number to ask for it by."""
    section = _section(request)
    if section is None:
        return error(404)
    items = search(request, [section], request.query.get("type") or TYPES[section.type][0])
    names = sorted({name for item in items for name in tags_of(item, kind)})
    document = container(len(names), **section_facts(request.household, section))
    for name in names:
        key = tag_id(name)
        place = f"/library/sections/{section.key}/all?{kind}={key}"
        fill(SubElement(document, "Directory"), fastKey=place, key=key, title=name)
    return xml(document)


def section_on_deck(request: Request) -> Answer:
    """What the account has on deck in one section."""
    section = _section(request)
    if section is None:
        return error(404)
    deck = [item for item in request.household.on_deck(request.asker) if item.section == section.key]
    return listing(request, deck, describer(request).item, **section_facts(request.household, section))


def section_refresh(request: Request) -> Answer:
    """Accepts the wish for a scan; the household changes by its own methods only."""
    return error(404) if _section(request) is None else Answer()


def everything(request: Request) -> Answer:
    """The items of all sections, of the kind asked for."""
    return listing(
        request, search(request, shared_sections(request), request.query.get("type", "")), describer(request).item
    )


def on_deck(request: Request) -> Answer:
    """What the account has on deck in all sections but those that are hidden from the home screen."""
    shown = {section.key for section in shared_sections(request, shown=True)}
    deck = [item for item in request.household.on_deck(request.asker) if item.section in shown]
    return listing(request, deck, describer(request).item)


def continue_watching(request: Request) -> Answer:
    """Only what the account left half watched."""
    items: Sequence[Playable] = request.household.half_watched(request.asker)
    return listing(request, items, describer(request).item)


def recently_added(request: Request) -> Answer:
    """Films and episodes, the newest addition first."""
    shown = shared_sections(request, shown=True)
    items = [*search(request, shown, "1"), *search(request, shown, "4")]
    items.sort(key=lambda item: item.added_at, reverse=True)
    return listing(request, items, describer(request).item)


def metadata(request: Request) -> Answer:
    """One item in full, or several with their keys joined by commas; those that are gone are left out."""
    items = [item for item in map(request.household.items.get, request.names["keys"].split(",")) if item]
    seen = [item for item in items if request.asker.sees(item.section)]
    if not seen:
        return error(404)
    detail = Detail(True, True, check_files=request.flag("checkFiles"), on_deck=request.flag("includeOnDeck"))
    full = Describer(request.household, request.asker, detail)
    facts = section_facts(request.household, request.household.sections[seen[0].section])
    document = container(len(seen), identifier="com.plexapp.plugins.library", allowSync=1, **facts)
    document.extend([full.item(item) for item in seen])
    return xml(document)


def children(request: Request) -> Answer:
    """The seasons of a show, or the episodes of a season."""
    item = _item(request)
    return error(404) if item is None else _below(request, item, request.household.children(item))


def all_leaves(request: Request) -> Answer:
    """All episodes of a show or a season, in order."""
    item = _item(request)
    return error(404) if item is None else _below(request, item, request.household.episodes(item))


def _below(request: Request, item: Item, items: Sequence[Item]) -> Answer:
    facts = section_facts(request.household, request.household.sections[item.section])
    return listing(request, items, describer(request).item, **(facts | {"key": item.key, "parentTitle": item.title}))


def _section(request: Request) -> Section | None:
    section = request.household.sections.get(request.names["section"])
    return section if section and request.asker.sees(section.key) else None


def _item(request: Request) -> Item | None:
    item = request.household.items.get(request.names["key"])
    return item if item and request.asker.sees(item.section) else None


def _with_meta(request: Request, section: Section, kinds: Sequence[str]) -> Answer:
    """An empty page: a client that wants to know how to search asks for no items."""
    nothing: list[Element] = []
    document = container(0, totalSize=len(nothing), offset=0, **section_facts(request.household, section))
    document.append(meta(section, kinds))
    return xml(document)


def photo(request: Request) -> Answer:
    """A poster, in the size that is asked for; of what is not in the library there is none."""
    *_, key, _ = request.query.get("url", "//").split("/")
    sizes = [request.query.get(name, "") for name in ("width", "height")]
    if key not in request.household.items or not all(size.isdecimal() and 0 < int(size) <= 1000 for size in sizes):
        return error(404)
    width, height = map(int, sizes)
    return Answer(200, poster_png(key, width, height), "image/png")
