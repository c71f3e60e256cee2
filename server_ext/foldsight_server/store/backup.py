"""The whole of a service in one file, and back: the database, and every file that it refers to.

The archive is a tar: ``backup.json``, ``database.dump`` as ``pg_dump`` writes it, and
``objects/<digest>``. The dump is taken first: files are written once and never changed, so
that those of the moment after hold all that the dump names.
"""

from __future__ import annotations

import asyncio
import io
import json
import os
import re
import subprocess
import tarfile
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from foldsight._version import __version__
from foldsight.errors import BadFile, Conflict, Failed, FoldSightError
from foldsight_server.store.binaries import find_runner
from foldsight_server.store.database import Database
from foldsight_server.store.migrate import migrate
from foldsight_server.store.objects import ObjectStore
from foldsight_server.store.queries import sql

_FORMAT = 1
_FACTS, _DATABASE, _OBJECTS = "backup.json", "database.dump", "objects/"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_VARIABLES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
              "dbname": "PGDATABASE", "sslmode": "PGSSLMODE"}  # fmt: skip


async def dump(home: Path, target: Path) -> dict[str, Any]:
    """Write everything into ``target``; the service may go on meanwhile.

    Returns
    -------
    dict
        ``objects`` and ``bytes`` written, and ``missing``: digests that are referred to and
        cannot be read.
    """
    database, objects = Database(home), _objects(home)
    await database.open()
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with tempfile.TemporaryDirectory() as folder:
            dumped = Path(folder) / _DATABASE
            await asyncio.to_thread(_run, home, database.dsn, "pg_dump", ["-Fc", "--no-owner"], dumped, True)
            async with database.connection() as connection:
                rows = await (await connection.execute(sql("all_references"))).fetchall()
            digests = sorted(str(row["digest"]) for row in rows)
            with tarfile.open(draft, "w") as tar:
                _add(tar, _FACTS, json.dumps({"format": _FORMAT, "version": __version__}).encode())
                tar.add(dumped, _DATABASE)
                missing = [digest for digest in digests if not await _pack(tar, objects, digest)]
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
        await _leave(database)
    found = len(digests) - len(missing)
    return {"file": str(target), "bytes": target.stat().st_size, "objects": found, "missing": missing}


async def restore(home: Path, source: Path, *, replace: bool = False) -> dict[str, Any]:
    """Put an archive into an empty service, or, with ``replace``, in place of what is there.

    Returns
    -------
    dict
        ``objects`` written, ``migrations`` applied to an older archive, and ``missing``.

    Raises
    ------
    BadFile
        When it is none of ours; nothing was changed then.
    Conflict
        When the database is in use, or holds something and ``replace`` is not set.
    """
    database, objects = Database(home), _objects(home)
    with _opened(source) as tar:
        await database.attach()
        try:
            await _make_room(database.dsn, replace)
            await _restore_database(home, database.dsn, tar)
            applied = await migrate(database.dsn)
            written = [await _unpack(objects, member, tar) for member in _members(tar)]
            missing = await _missing(database.dsn, objects)
        finally:
            await _leave(database)
    return {"file": str(source), "objects": len(written), "migrations": applied, "missing": missing}


def _objects(home: Path) -> ObjectStore:
    return ObjectStore(os.environ.get("FOLDSIGHT_OBJECTS_URL") or home / "objects")


async def _leave(database: Database) -> None:
    await database.close()
    await asyncio.to_thread(database.stop_if_alone)


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = len(data), int(time.time()), 0o600
    tar.addfile(entry, io.BytesIO(data))


async def _pack(tar: tarfile.TarFile, objects: ObjectStore, digest: str) -> bool:
    try:
        data = await objects.get(digest)
    except FoldSightError:  # named in the answer: a backup without it is better than none
        return False
    _add(tar, _OBJECTS + digest, data)
    return True


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator[psycopg.AsyncConnection[dict[str, Any]]]:
    async with await psycopg.AsyncConnection.connect(
        dsn, autocommit=True, row_factory=dict_row
    ) as connection:
        yield connection


@contextmanager
def _opened(source: Path) -> Iterator[tarfile.TarFile]:
    """Open an archive and check that it is one before anything is touched."""
    wrong = BadFile(f"{source.name} is no backup of FoldSight.", hint="Make one with: foldsight db dump FILE")
    with ExitStack() as stack:
        try:
            tar = stack.enter_context(tarfile.open(source))
            newer = int(json.loads(_read(tar, _FACTS))["format"]) > _FORMAT
            tar.getmember(_DATABASE)
        except (KeyError, ValueError, TypeError, tarfile.TarError):
            raise wrong from None
        if newer:
            raise BadFile(f"{source.name} is of a newer FoldSight.", hint="Upgrade FoldSight.")
        yield tar


def _read(tar: tarfile.TarFile, name: str) -> bytes:
    stream = tar.extractfile(name)
    if stream is None:
        raise KeyError(name)
    with stream:
        return stream.read()


async def _make_room(dsn: str, replace: bool) -> None:
    async with _connected(dsn) as connection:
        cursor = await connection.execute(
            "SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND backend_type = 'client backend' AND pid <> pg_backend_pid()) AS others, "
            "(SELECT count(*) FROM pg_tables WHERE schemaname = 'public') AS tables"
        )
        found = await cursor.fetchone()
        assert found is not None
        if found["others"]:
            raise Conflict("The database is in use.", hint="Stop the service first.")
        if found["tables"] and not replace:
            raise Conflict(
                "The database is not empty.", hint="Give --replace to put the backup in its place."
            )
        await connection.execute("DROP SCHEMA IF EXISTS public CASCADE")
        await connection.execute("CREATE SCHEMA public")


async def _restore_database(home: Path, dsn: str, tar: tarfile.TarFile) -> None:
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", "-d",
               str(conninfo_to_dict(dsn)["dbname"])]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        dumped = Path(folder) / _DATABASE
        dumped.write_bytes(_read(tar, _DATABASE))
        await asyncio.to_thread(_run, home, dsn, "pg_restore", options, dumped, False)


def _run(home: Path, dsn: str, program: str, options: list[str], file: Path, writes: bool) -> None:
    """Run a PostgreSQL program with a file as its output or input.

    How to connect goes through the environment: a command line is for all to read.
    """
    base = home / "postgres"
    runner = find_runner(base, base / "data")
    given = conninfo_to_dict(dsn)
    environment = {name: str(given[key]) for key, name in _VARIABLES.items() if given.get(key)}
    command = [runner.program(program), *options]
    with file.open("wb" if writes else "rb") as stream:
        streams = {"stdout": stream} if writes else {"stdin": stream, "stdout": subprocess.DEVNULL}
        call: dict[str, Any] = {**runner.options(), **streams, "env": {**runner.environment, **environment}}
        done = subprocess.run(command, stderr=subprocess.PIPE, check=False, **call)
    if done.returncode:
        told = done.stderr.decode(errors="replace").strip()[-400:]
        raise Failed(f"{program} broke: {told}", hint="Is the database of another version, or full?")


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in tar:
        name = member.name.removeprefix(_OBJECTS)
        if member.isfile() and member.name.startswith(_OBJECTS) and _DIGEST.fullmatch(name):
            yield member


async def _unpack(objects: ObjectStore, member: tarfile.TarInfo, tar: tarfile.TarFile) -> str:
    digest = await objects.put(_read(tar, member.name))
    if digest != member.name.removeprefix(_OBJECTS):
        raise BadFile(f"{member.name} in the backup is damaged.", hint="Use another backup.")
    return digest


async def _missing(dsn: str, objects: ObjectStore) -> list[str]:
    async with _connected(dsn) as connection:
        rows = await (await connection.execute(sql("all_references"))).fetchall()
    return sorted([row["digest"] for row in rows if not await objects.has(row["digest"])])
