"""The operations that are swept: what comes before each, what is shown meanwhile, and how it must end."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.crash import acts
from tests.crash.ground import (
    COMBINATIONS,
    DIRECTORY,
    FILM,
    NEW,
    OLD,
    RENAMED,
    RENAMED_DIRECTORY,
    Combination,
    Entry,
    Ground,
    Tree,
    rename,
    replace,
    vanish,
)

ON_ARRAY = b"array/" + FILM


@dataclass(frozen=True)
class Scenario:
    """One operation in one combination."""

    combination: Combination
    kind: str
    work: Callable[[], object]
    before: Callable[[], object] = lambda: None
    """What is done with Cacherr first."""
    outside: Callable[[Ground], None] = lambda _: None
    """What another program does after that."""
    shown: bytes = OLD
    """The content of Plex's path, at every instant."""
    after: tuple[Callable[[], object], ...] = field(default=(acts.cache, acts.restore))
    """What leads back to the start, once it is recovered."""

    def __str__(self) -> str:
        return f"{self.combination} {self.kind}"

    @property
    def is_upgraded(self) -> bool:
        """Whether another program replaced the cached file."""
        return self.shown != OLD

    @property
    def keeps_original(self) -> bool:
        """Whether the original's inode must be there at every instant."""
        return self.combination.mode == "copy" and not self.is_upgraded

    @property
    def has_vanished(self) -> bool:
        """Whether the film's directory on the array is gone when the operation begins."""
        return self.combination.vanishes and self.kind != "cache"

    def leaves_no_directory(self, tree: Tree) -> bool:
        """Whether a directory that was gone is there for the film only."""
        return not self.has_vanished or ON_ARRAY in tree or b"array/" + DIRECTORY not in tree

    def is_whole(self, tree: Tree) -> bool:
        """Whether the content to be kept has the array's name for good; only then may an old one go."""
        return ON_ARRAY in tree and tree[ON_ARRAY].content == self.shown

    def ends_at(self, start: Tree) -> Tree:
        """How the tree looks in the end, as far as it can be compared."""
        tree = {name: self.compared(name, entry) for name, entry in start.items()}
        if self.kind == "renamed":
            tree[b"array/" + RENAMED_DIRECTORY] = tree[b"array/" + DIRECTORY]
            tree[b"array/" + RENAMED] = tree.pop(ON_ARRAY)
        if self.is_upgraded:
            tree[ON_ARRAY] = self.compared(ON_ARRAY, tree[ON_ARRAY]._replace(content=self.shown))
        return tree

    def compared(self, name: bytes, entry: Entry) -> Entry:
        """What of a name must be as it was: all of it; in mode `move` the inode may be another one."""
        if self.is_upgraded and (entry.content == OLD or name == ON_ARRAY):
            return entry._replace(mode=0, owner=(0, 0), inode=0, links=0, mtime_ns=0, xattrs=())
        if self.kind == "renamed":
            # A tag that could not be removed goes by the next caching, which is not done here.
            entry = entry._replace(xattrs=tuple(pair for pair in entry.xattrs if pair[0] != "user.cacherr"))
        return entry if self.combination.mode == "copy" else entry._replace(inode=0)


def scenarios(names: list[str], kinds: list[str]) -> Iterator[Scenario]:
    """The scenarios of these combinations and kinds; only a link can be renamed while the film is cached."""
    for name in names:
        for kind in kinds:
            if kind == "renamed" and COMBINATIONS[name].placement != "symlink":
                continue
            yield scenario(COMBINATIONS[name], kind)


KINDS = ("cache", "restore", "evict", "upgraded", "renamed")


def scenario(combination: Combination, kind: str) -> Scenario:
    """One scenario by its kind."""
    if kind == "cache":
        return Scenario(combination, kind, acts.try_to_cache)
    if kind == "renamed":
        return Scenario(combination, kind, acts.try_to_restore, acts.cache, rename, after=(acts.restore,))
    if kind == "upgraded":
        return Scenario(combination, kind, acts.try_to_restore, acts.cache, _upgrade, shown=NEW, after=(acts.restore,))
    return Scenario(combination, kind, lambda: acts.try_to_restore(kind), acts.cache, _vanish)


def _upgrade(ground: Ground) -> None:
    """Replace the file through Plex's path: the link itself, or what a union shows."""
    replace(ground.plex_path())
    _vanish(ground)


def _vanish(ground: Ground) -> None:
    if ground.combination.vanishes:
        assert vanish(ground.array), "the film's directory is not empty"
