"""The prebuilt JupyterLab extension ``@foldsight/lab``: saved figures and structure file types."""

from __future__ import annotations


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "@foldsight/lab"}]
