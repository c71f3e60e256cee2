"""MolViewSpec scenes of others, opened as they are: a tree, and the files that it names.

Such a file may come from anybody. What it names by a relative URL must lie in its archive or
beside it; any other URL would make the page ask a server that the author chose, and needs the
reader's word.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from foldsight.errors import BadFile, BadRequest
from foldsight.typing import Json

SUFFIXES = (".mvsj", ".mvsx")
#: Bytes of a tree, of all files together; files in an archive; values in a tree, and how deep.
MOST_TREE, MOST_BYTES, MOST_FILES, MOST_VALUES, DEEPEST = 20_000_000, 200_000_000, 200, 1_000_000, 100
#: Names that hold a URL in MolViewSpec.
_URL_KEYS = ("url", "uri")
#: Texts that a viewer may take for an address under any other name.
_ELSEWHERE = ("http:", "https:", "//")
_MAJOR = "1"


@dataclass(frozen=True, eq=False)
class MvsScene:
    """A MolViewSpec scene.

    Attributes
    ----------
    tree : dict
        The JSON of the file.
    files : mapping of str to bytes
        What the tree names by relative URLs.
    name : str
    remote : tuple of str
        Hosts that a page which shows the scene asks; empty unless the reader agreed.
    """

    tree: Json
    files: Mapping[str, bytes] = field(default_factory=dict)
    name: str = "scene"
    remote: tuple[str, ...] = ()


def is_mvs(item: object) -> bool:
    """Say whether ``item`` is a MolViewSpec file or an object of the package ``molviewspec``."""
    if isinstance(item, str | Path):
        return str(item).lower().endswith(SUFFIXES)
    return type(item).__module__.partition(".")[0] == "molviewspec"


def read_mvs(source: Any, *, remote: bool = False) -> MvsScene:
    """Read a scene from a ``.mvsj`` or ``.mvsx`` file, or take it from a molviewspec builder or state.

    Parameters
    ----------
    source : str, Path or molviewspec object
    remote : bool, optional
        Whether the page may ask the servers that the scene names.

    Raises
    ------
    BadFile
        When it is no scene, is too large, or names what is not there.
    BadRequest
        When it names other servers and ``remote`` is false.
    """
    if not isinstance(source, str | Path):
        state = source.get_state() if hasattr(source, "get_state") else source
        return open_mvs(str(state.dumps()).encode(), "scene", lambda name: None, remote=remote)
    path = Path(source).expanduser()
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise BadFile(f"{path} cannot be read: {fault.strerror or fault}.") from None
    return open_mvs(data, path.name, lambda name: _beside(path.parent, name), remote=remote)


def open_mvs(
    data: bytes, name: str, beside: Callable[[str], bytes | None], *, remote: bool = False
) -> MvsScene:
    """Open the bytes of a scene; ``beside`` gives a file that lies beside it, None where there is none."""
    if data[:4] == b"PK\x03\x04":
        packed = _unpack(data, name)
        data, beside = packed.pop("index.mvsj", b""), packed.get
    tree = _tree(data, name)
    found: dict[str, bytes] = {}
    hosts: dict[str, None] = {}
    for url in _urls(tree, name):
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname:
            hosts[parts.hostname] = None
        elif parts.scheme or parts.netloc:
            raise BadFile(f"{name} names {url[:80]!r}.", hint="A scene names files and https addresses.")
        elif url not in found:
            found[url] = _file(unquote(parts.path), name, beside)
            if sum(map(len, found.values())) > MOST_BYTES:
                raise BadFile(f"The files of {name} are larger than {MOST_BYTES // 1_000_000} MB together.")
    if hosts and not remote:
        raise BadRequest(
            f"{name} would make the page ask {', '.join(hosts)}.", hint="If you trust it, say remote=True."
        )
    return MvsScene(tree, found, name, tuple(hosts))


def _tree(data: bytes, name: str) -> Json:
    if len(data) > MOST_TREE:
        raise BadFile(f"The tree of {name} is larger than {MOST_TREE // 1_000_000} MB.")
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        raise BadFile(f"{name} is no MolViewSpec scene.", hint="Its tree is JSON.") from None
    if not isinstance(tree, dict) or not ("root" in tree or "snapshots" in tree):
        raise BadFile(f"{name} is no MolViewSpec scene.", hint="Its tree has a root or snapshots.")
    metadata = tree.get("metadata")
    version = str(metadata.get("version", "")) if isinstance(metadata, dict) else ""
    if version.split(".")[0] != _MAJOR:
        raise BadFile(
            f"{name} is of MolViewSpec version {version or 'none'}.", hint="Version 1 can be shown."
        )
    return tree


def _urls(tree: Json, name: str) -> Iterator[str]:
    """Yield every URL in the tree; a tree of too many or too deep nodes is refused."""
    waiting: list[tuple[Any, int]] = [(tree, 0)]
    seen = 0
    while waiting:
        node, depth = waiting.pop()
        seen += 1
        if depth > DEEPEST or seen > MOST_VALUES:
            raise BadFile(f"The tree of {name} is too large or too deep.")
        if isinstance(node, list):
            waiting += [(value, depth + 1) for value in node]
        elif isinstance(node, dict):
            for key, value in node.items():
                if key in _URL_KEYS and isinstance(value, str):
                    yield value
                else:
                    waiting.append((value, depth + 1))
        elif isinstance(node, str) and node.strip().lower().startswith(_ELSEWHERE):
            yield node.strip()


def _file(path: str, name: str, beside: Callable[[str], bytes | None]) -> bytes:
    parts = path.split("/")
    inside = path and not path.startswith("/") and ".." not in parts and "\\" not in path
    data = beside("/".join(part for part in parts if part != ".")) if inside else None
    if data is None:
        raise BadFile(f"{name} names {path[:80]!r}, which is not there.", hint="Its files lie beside it.")
    return data


def _beside(folder: Path, name: str) -> bytes | None:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file() or path.stat().st_size > MOST_BYTES:
        return None
    return path.read_bytes()


def _unpack(data: bytes, name: str) -> dict[str, bytes]:
    """Return the files of an archive; its sizes are believed only as far as they are read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            items = [item for item in archive.infolist() if not item.is_dir()]
            if len(items) > MOST_FILES:
                raise BadFile(f"{name} holds {len(items)} files, and {MOST_FILES} are the most.")
            found, left = {}, MOST_BYTES
            for item in items:
                with archive.open(item) as stream:
                    found[item.filename] = stream.read(left + 1)
                left -= len(found[item.filename])
                if left < 0:
                    raise BadFile(f"{name} unpacks to more than {MOST_BYTES // 1_000_000} MB.")
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, EOFError) as fault:
        raise BadFile(f"{name} is a broken archive: {fault}.") from None
    return found
