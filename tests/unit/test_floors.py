"""The floors of the house: who may import whom, and what an import may cost.

The order is docs/developers/architecture.md's; a module imports only from floors above
its own line (a package may import within itself).
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FLOORS: list[set[str]] = [
    {"_version"},
    {"errors", "typing"},
    {"settings", "outlets", "analyses", "hub", "calls"},
    {"residues", "sequence", "provenance", "jobs", "plans"},
    {"structure", "confidence", "annotation"},
    {"prediction"},
    {"io", "analysis"},
    {"sources", "library", "tasks", "account_calls"},
    {"engines", "scene", "workspace", "job_calls"},
    {"export", "client"},
    {"api"},
    {"magic", "cli"},
]
#: Packages that meet foldsight at the top and each other never.
FOREIGN = {
    "foldsight_server": "server_ext",
    "foldsight_widgets": "widgets",
    "foldsight_lab": "jupyter_extension",
}
#: A pair on one line that may look sideways, one way.
SIDEWAYS = {
    ("library", "sources"),
    ("sequence", "residues"),
    ("structure", "confidence"),
    ("structure", "annotation"),
    ("magic", "cli"),
}

LEVEL = {name: level for level, names in enumerate(FLOORS) for name in names}


def imports_of(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, lazily or not, with absolute names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(module: str) -> str | None:
    """Return the floor name of ``foldsight.x.y``: ``x``."""
    parts = module.split(".")
    return parts[1] if parts[0] == "foldsight" and len(parts) > 1 and parts[1] in LEVEL else None


FILES = sorted(
    path
    for path in (ROOT / "foldsight").rglob("*.py")
    if path.name != "__init__.py" or path.parent.name != "foldsight"
)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_imports_only_from_floors_above(path: Path) -> None:
    own = path.relative_to(ROOT / "foldsight").parts[0].removesuffix(".py")
    assert own in LEVEL, f"{own} has no floor: give it one here and in the architecture page"
    for module in imports_of(path):
        assert module.split(".")[0] not in FOREIGN, f"{path} imports {module}"
        other = room(module)
        if other is not None and other != own and (own, other) not in SIDEWAYS:
            assert LEVEL[other] < LEVEL[own], f"{path} ({own}) imports {module}"


@pytest.mark.parametrize("package", FOREIGN)
def test_the_outer_packages_never_meet(package: str) -> None:
    others = set(FOREIGN) - {package}
    for path in (ROOT / FOREIGN[package] / package).rglob("*.py"):
        for module in imports_of(path):
            assert module.split(".")[0] not in others, f"{path} imports {module}"


HEAVY = ["torch", "tornado", "dask", "distributed", "psycopg", "ipywidgets", "pandas", "matplotlib", "gemmi",
         "biotite", "stripe", "numpy"]  # fmt: skip


def loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.split()}


def test_importing_foldsight_is_free_of_heavy_libraries() -> None:
    assert loaded_after("import foldsight").isdisjoint(HEAVY)


def test_listing_engines_does_not_load_torch() -> None:
    found = loaded_after("from foldsight.engines import registry; [e.available() for e in registry.all()]")
    assert found.isdisjoint({"torch", "transformers", "distributed", "psycopg", "tornado"})
