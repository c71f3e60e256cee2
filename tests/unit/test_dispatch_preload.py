"""A worker is warm before its first job."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
#: Folds with a test engine after the preload, and says what that imported.
FIRST_FOLD = """
import sys
from foldsight_server.dispatch.preload import dask_setup
from foldsight.engines.run import run_fold

dask_setup(None)
known = set(sys.modules)
request = {"kind": "fold", "sequence": "MKTAYIAKQRQISFVKSHFSRQ", "name": "first", "engine": "test-slow",
           "network": "off", "settings": {}, "seed": 0}
files = run_fold(request, progress=lambda *_: None, cancelled=lambda: False)
assert "manifest.json" in files
print(*sorted(set(sys.modules) - known))
"""


def test_the_first_fold_imports_nothing_more(tmp_path: Path) -> None:
    path = os.pathsep.join(str(folder) for folder in (TESTS / "integration" / "engines", TESTS))
    done = subprocess.run(
        [sys.executable, "-c", FIRST_FOLD],
        env={**os.environ, "FOLDSIGHT_HOME": str(tmp_path), "PYTHONPATH": path},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
