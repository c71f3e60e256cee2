"""Scenes of files and results, for the page: the server reads them, so every format and the PAE are there."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from foldsight.errors import BadRequest, FoldSightError
from foldsight.prediction import Prediction
from foldsight.scene import Scene
from foldsight.scene.mvs_file import MvsScene, is_mvs, open_mvs
from foldsight.structure import Structure
from foldsight.typing import Json
from foldsight_server.api.problems import failure
from foldsight_server.app import Application
from foldsight_server.identity import local_user

#: Parts of a job's result that make a prediction; each is optional but the first.
RESULT_FILES = ("structure.cif", "confidence.json", "pae.npy", "manifest.json")

#: A file beside a scene is given up after this long.
BESIDE_SECONDS = 60
_ENTRY = re.compile(r"(?:pdb|afdb|library):[A-Za-z0-9_.-]{1,64}\Z")


class SceneHandler(APIHandler):
    """``GET foldsight/scene`` of a file (``?path=``), a result (``?job=``), what a project keeps
    (``?structure=``) or an entry of a database (``?entry=pdb:1HPV``)."""

    auth_resource = "contents"

    def initialize(self, core: Application) -> None:
        """Take the application."""
        self.application_core = core

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Send the scene as JSON, or the fault as a problem document."""
        try:
            read = await self._reader()
            await self.finish(await asyncio.to_thread(_scene, read))
        except FoldSightError as fault:
            answer = failure(fault)
            self.set_status(answer.status)
            await self.finish(answer.body)

    async def _reader(self) -> Callable[[], Any]:
        """Return how to read what the query names."""
        path, job, structure, entry = (
            self.get_query_argument(name, "") for name in ("path", "job", "structure", "entry")
        )
        if entry:
            return _entry(entry)
        if structure:
            return await self._stored(structure)
        return await (self._result(job) if job else self._file(path))

    async def _file(self, path: str) -> Callable[[], Any]:
        """Return how to read a file, whose bytes the contents manager gives."""
        from foldsight.io import read

        if not path:
            raise BadRequest(
                "No file is named.", hint="Ask for ?path=..., ?job=..., ?structure=... or ?entry=..."
            )
        contents: Any = self.contents_manager
        found = await ensure_async(contents.get(path, type="file", format="base64"))
        data, (folder, _, name) = base64.b64decode(found["content"]), path.rpartition("/")
        if is_mvs(name):
            beside = self._beside(folder, asyncio.get_running_loop())
            return lambda: open_mvs(data, name, beside)
        return lambda: read(data, name=name)

    def _beside(self, folder: str, loop: asyncio.AbstractEventLoop) -> Callable[[str], bytes | None]:
        """Return how another thread gets a file of a folder, by the contents manager and its rules."""
        contents: Any = self.contents_manager

        async def fetch(name: str) -> bytes | None:
            try:
                found = await ensure_async(
                    contents.get(f"{folder}/{name}".lstrip("/"), type="file", format="base64")
                )
            except web.HTTPError:
                return None
            return base64.b64decode(found["content"])

        return lambda name: asyncio.run_coroutine_threadsafe(fetch(name), loop).result(BESIDE_SECONDS)

    async def _result(self, job: str) -> Callable[[], Any]:
        """Return how to read the result of a job, which only its owner is given."""
        from foldsight.io.bundle import from_bundle

        shown = await self._ask(f"/jobs/{quote(job, safe='')}")
        there = {item["name"] for item in (shown["result"] or {}).get("files", [])}
        if RESULT_FILES[0] not in there:
            raise BadRequest(f"Job {job} has no structure.", hint="Open a fold that is done.")
        files = {
            name: await self._ask(f"/jobs/{shown['id']}/files/{name}") for name in there & {*RESULT_FILES}
        }
        return lambda: from_bundle(files)

    async def _stored(self, structure: str) -> Callable[[], Any]:
        """Return how to read a structure of a project: a kept prediction, or the file that was uploaded."""
        from foldsight.io import read
        from foldsight.io.bundle import from_bundle

        shown = await self._ask(f"/structures/{quote(structure, safe='')}")
        names = [item["name"] for item in shown["files"]]
        wanted = [name for name in RESULT_FILES if name in names] if "manifest.json" in names else names[:1]
        if not wanted:
            raise BadRequest(f"Structure {structure} has no file.", hint="Upload it again.")
        files = {name: await self._ask(f"/structures/{shown['id']}/files/{name}") for name in wanted}
        if "manifest.json" in files:
            return lambda: from_bundle(files)
        return lambda: read(files[wanted[0]], name=shown["name"])

    async def _ask(self, path: str) -> Any:
        answer = await self.application_core.dispatch("GET", path, local_user(), {})
        if answer.status >= 400:
            raise BadRequest(answer.body["detail"], hint=answer.body["hint"])
        return answer.body


def _entry(name: str) -> Callable[[], Any]:
    """Return how to read an entry; only the names of databases, for ``read`` takes paths too."""
    from foldsight.io import read

    if not _ENTRY.match(name):
        raise BadRequest(f"{name!r} is no entry with a structure.", hint="Write pdb:1HPV or afdb:P04637.")
    return lambda: read(name)


def _scene(read: Callable[[], Any]) -> Json:
    from foldsight.scene.payload import packed_view
    from foldsight.scene.tracks import with_tracks

    item = read()
    if isinstance(item, MvsScene):
        files = {url: base64.b64encode(data).decode("ascii") for url, data in item.files.items()}
        return {"mvs": {"name": item.name, "tree": item.tree, "files": files}}
    if not isinstance(item, Prediction | Structure):
        raise BadRequest(
            "The file holds no structure.", hint="Open a PDB, mmCIF, BinaryCIF or .foldsight file."
        )
    scene = with_tracks(Scene.of(item))
    return packed_view(scene.styled(layout="workbench"))
