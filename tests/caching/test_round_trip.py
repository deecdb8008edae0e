"""From the array to the cache and back by whole cycles: the tree is what it was, to the last attribute."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from plexusers.standin import StandIn
from tests.conftest import Installation
from tests.home import Home

COMBINATIONS = [
    pytest.param(("symlink", "true", "false"), id="symlink-copy"),
    pytest.param(("symlink", "false", "false"), id="symlink-move"),
    pytest.param(("union", "true", "false"), id="union-shadow"),
    pytest.param(("union", "true", "true"), id="union-park"),
    pytest.param(("union", "false", "false"), id="union-move"),
]
OURS = {".cacherr-root", ".cacherr-manifest"}


def state(root: Path) -> dict[bytes, dict[str, Any]]:
    """Everything that a file is, by its path."""
    found: dict[bytes, dict[str, Any]] = {}
    for directory, names, files in os.walk(os.fsencode(root)):
        for name in (*names, *files):
            path = os.path.join(directory, name)
            if os.fsdecode(name) in OURS:
                continue
            status = os.lstat(path)
            about: dict[str, Any] = {"mode": status.st_mode, "owner": (status.st_uid, status.st_gid)}
            if not os.path.isdir(path):
                attributes = {
                    each: os.getxattr(path, each, follow_symlinks=False)
                    for each in os.listxattr(path, follow_symlinks=False)
                }
                with open(path, "rb") as file:
                    about |= {"bytes": file.read(), "mtime": status.st_mtime_ns, "attributes": attributes}
                about |= {"inode": status.st_ino, "links": status.st_nlink, "blocks": status.st_blocks}
            found[path] = about
    return found


def furnish(home: Home) -> None:
    """A library as people have them: odd names, owners, modes, attributes, access lists, holes, hard links."""
    films = {}
    for title, content in (("Alpha", os.urandom(300_000)), ("Beta", b"b" * 50_000), ("Gamma", b"c" * 70_000)):
        home.film(title, content)
        films[title] = home.array / f"Movies/{title}/{title}.mkv"
    for language in ("en", "de"):
        home.write(f"Movies/Alpha/Alpha.{language}.srt", language.encode() * 500)
    home.write("Movies/Alpha/poster.jpg", b"jpeg" * 100)
    films["Alpha"].chmod(0o640)
    films["Alpha"].parent.chmod(0o2771)
    os.setxattr(films["Alpha"], "user.note", b"seen at the cinema")
    if os.geteuid() == 0:
        os.chown(films["Alpha"], 99, 100)
        os.chown(films["Alpha"].parent, 99, 100)
        os.chown(films["Beta"], 1234, 5678)
    if shutil.which("setfacl"):
        subprocess.run(["setfacl", "-m", "u:99:rw", films["Beta"]], check=True)
    with films["Gamma"].open("r+b") as file:
        file.truncate(20_000_000)
        file.seek(15_000_000)
        file.write(b"after a hole")
    os.utime(films["Gamma"], ns=(10**18, 10**18 + 999_999_999))


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_a_round_trip_leaves_the_tree_identical(
    installation: Installation, home: Home, plex: StandIn, combination: tuple[str, str, str]
) -> None:
    placement, copies, parks = combination
    furnish(home)
    moved = copies == "false"
    if not moved:
        film = installation.array / "Movies/Alpha/Alpha.mkv"
        os.link(film, installation.array / "seed.mkv")
    start = state(installation.array)
    extra = {
        "CACHERR_PLACEMENT": placement, "COPY_TO_CACHE": copies, "CACHERR_PARK_ORIGINALS": parks,
        "CACHERR_MINIMUM_HOLD_HOURS": "0", "CACHERR_WATCHED_GRACE_HOURS": "0",
    }  # fmt: skip
    cached = installation.run("cycle", "--json", extra=extra)
    assert (cached.code, cached.report["files_cached"]) == (0, 6), cached.output + cached.errors
    assert state(installation.array) != start or placement == "union"
    for movie in list(home.household.on_deck(home.owner)):
        home.household.mark_watched(home.owner, movie)
    restored = installation.run("cycle", "--json", extra=extra)
    assert (restored.code, restored.report["files_restored"]) == (0, 6), restored.output + restored.errors
    end = state(installation.array)
    if moved:
        for tree in (start, end):
            for about in tree.values():
                about.pop("inode", None)
    assert {path: about for path, about in end.items() if about != start.get(path)} == {}
    assert end.keys() == start.keys()
    assert {path.name for path in installation.cache.rglob("*")} <= OURS
    again = installation.run("recover", "--json", extra=extra)
    assert (again.code, again.report["operations"], state(installation.array).keys()) == (0, [], start.keys())
