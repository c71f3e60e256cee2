"""Loads a network from a local folder, checks that it is whole, and keeps it warm."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foldsight.engines import weights
from foldsight.errors import BadFile, EngineUnavailable

if TYPE_CHECKING:
    import torch

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_folding = threading.Lock()
#: The one network that is kept: (folder, fingerprint, device, dtype) and the network.
_warm: dict[tuple[str, ...], Any] = {}


def warm(engine: str, kind: Any, device: torch.device, language: torch.dtype) -> Any:
    """Return the network of an engine, loaded once per process.

    Parameters
    ----------
    engine : str
    kind : Kind
        How to make it from a folder.
    device : torch.device
    language : torch.dtype
        Number format of the language part.
    """
    key = (engine, weights.fingerprint(engine), str(device), str(language))
    with _lock:
        if key not in _warm:
            _warm.clear()  # two networks of this size do not fit
            _warm[key] = kind.load(weights.folder_of(engine), device, language)
        return _warm[key]


@contextmanager
def alone(check: Callable[[], None]) -> Iterator[None]:
    """Hold the network for one fold; ``check`` is called while waiting and may raise.

    Progress and cancellation hang on the network itself, so that two folds at once in
    one process would report, and cancel, each other.
    """
    while not _folding.acquire(timeout=0.2):
        check()
    try:
        yield
    finally:
        _folding.release()


def unload() -> None:
    """Forget the warm network."""
    with _lock:
        _warm.clear()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers' own progress bar off the terminal."""
    from transformers.utils import logging

    bars: Any = logging
    shown = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            bars.enable_progress_bar()


def from_folder(cls: Any, folder: Path, config: Any, dtype: torch.dtype, may_miss: tuple[str, ...]) -> Any:
    """Load a transformers network from safetensors and refuse it when anything is missing.

    A network of which a part kept its random initialisation runs well and returns
    nonsense with high confidence (ESMFold2 without its language part).

    Parameters
    ----------
    cls : type
        A ``PreTrainedModel`` class.
    folder : Path
    config : PreTrainedConfig
    dtype : torch.dtype
    may_miss : tuple of str
        Beginnings of weight names that are not used for folding.

    Raises
    ------
    BadFile
        When the files are damaged, or weights are missing or do not fit.
    """
    if not any(folder.glob("*.safetensors")):
        raise EngineUnavailable(
            f"{folder} holds no safetensors file; other formats are not read.",
            hint="Pickled weights could run code. Fetch the safetensors revision.",
        )
    try:
        with _quiet():
            net, report = cls.from_pretrained(
                folder,
                config=config,
                dtype=dtype,
                local_files_only=True,
                use_safetensors=True,
                output_loading_info=True,
            )
    except (OSError, ValueError, RuntimeError) as fault:
        raise BadFile(f"The weights in {folder} cannot be read: {fault}.") from fault
    missing = [name for name in report["missing_keys"] if not name.startswith(may_miss)]
    wrong = [*missing, *(str(item[0]) for item in report["mismatched_keys"])]
    if wrong:
        raise BadFile(
            f"The weights in {folder} are not whole: {wrong[0]} and {len(wrong) - 1} others are missing.",
            hint="Fetch them again.",
            missing=len(wrong),
        )
    return net.eval().requires_grad_(False)
