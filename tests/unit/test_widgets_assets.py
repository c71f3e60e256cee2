"""The built front end, and that asking for it costs nothing."""

from __future__ import annotations

import gzip
import hashlib
import re
import subprocess
import sys

import pytest
from foldsight_widgets import assets, engine_name, static_dir

import hatch_build
from foldsight.errors import Failed


def test_the_name_of_the_engine_is_the_hash_of_its_content() -> None:
    content = (static_dir() / engine_name()).read_bytes()
    assert engine_name() == f"engine-{hashlib.sha256(content).hexdigest()[:16]}.js"
    assert gzip.decompress(assets.engine_gzip()) == content


def test_the_engine_is_the_only_one_and_the_shim_is_small() -> None:
    assert len(list(static_dir().glob("engine-*.js"))) == 1
    shim = (static_dir() / "structure-view.js").read_text(encoding="utf-8")
    assert len(shim) < 4096, "every view sends it"
    assert engine_name() in shim


@pytest.mark.parametrize("name", ["structure-view.js", "job-progress.js"])
def test_no_module_asks_another_site(name: str) -> None:
    text = (static_dir() / name).read_text(encoding="utf-8")
    assert not re.findall(r"https?://(?!www\.w3\.org)", text)


def test_a_front_end_that_is_not_built_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Failed, match=r"not built.*pip install"):
        assets.asset("no-such.js")


def test_finding_the_files_loads_no_widget_library() -> None:
    code = "import sys, foldsight_widgets as w; w.static_dir(); print('ipywidgets' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"


def test_the_build_is_skipped_while_the_sources_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    root = hatch_build.Path(hatch_build.__file__).parent
    digest = hatch_build.source_digest(root)
    assert hatch_build.is_built(root, digest), (
        "the built files are older than the sources: run python hatch_build.py"
    )
    assert not hatch_build.is_built(root, "another")
    monkeypatch.setattr(hatch_build, "Npm", None)
    hatch_build.ensure_built(root)  # would fail if it built
