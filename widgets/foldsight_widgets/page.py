"""A view as one HTML file that needs no kernel, no server and no network: the exporter ``html``."""

from __future__ import annotations

import base64
import json
from html import escape
from pathlib import Path
from typing import Any

from foldsight.errors import BadRequest
from foldsight.prediction import Prediction
from foldsight.scene import Scene
from foldsight.scene.payload import saved_view
from foldsight.structure import Structure
from foldsight_widgets.assets import engine_gzip

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
  :root {{ color-scheme: light dark; }}
  body {{ margin: 0 auto; padding: 1rem; max-width: 1400px; font-family: system-ui, sans-serif; }}
</style>
<div id="view">Loading the structure view…</div>
<script type="application/json" id="scene">{scene}</script>
<script type="text/plain" id="engine">{engine}</script>
<script type="module">
  const text = id => document.getElementById(id).textContent;
  const element = document.getElementById('view');
  try {{
    const packed = Uint8Array.from(atob(text('engine')), c => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
    const source = new Blob([await new Response(stream).blob()], {{ type: 'text/javascript' }});
    const engine = await import(URL.createObjectURL(source));
    element.textContent = '';
    await engine.mountSaved(element, JSON.parse(text('scene')));
  }} catch (error) {{
    element.textContent = `The view cannot be shown: ${{error.message}}`;
  }}
</script>
</html>
"""


def save(item: Prediction | Structure | Scene, path: Path, **style: Any) -> None:
    """Write an interactive page.

    Parameters
    ----------
    item : Prediction, Structure or Scene
    path : Path
    **style
        Fields of :class:`foldsight.scene.Style`.

    Raises
    ------
    BadRequest
        When the structures are too large for a page.
    """
    scene = (item if isinstance(item, Scene) else Scene.of(item)).styled(**style)
    saved = saved_view(scene)
    if saved is None:
        raise BadRequest(f"{scene.title} is too large for a page.", hint="Save it as .cif or .png.")
    # A script element ends at the first "</", whatever its type.
    told = json.dumps(saved, separators=(",", ":")).replace("</", "<\\/")
    engine = base64.b64encode(engine_gzip()).decode("ascii")
    path.write_text(_PAGE.format(title=escape(scene.title), scene=told, engine=engine), encoding="utf-8")
