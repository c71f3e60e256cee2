"""Threads, device, number format, seed and memory of a neural engine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar

from foldsight.engines.base import Availability
from foldsight.errors import EngineFailed, EngineUnavailable

if TYPE_CHECKING:
    import torch

#: Chunk sizes of the memory ladder, from the fastest to the leanest; 0 is no chunks.
LADDER = (0, 128, 64, 32)
INSTALL = "pip install 'foldsight[gpu]'"

_Result = TypeVar("_Result")


def installed() -> Availability:
    """Say whether torch and transformers are there, without importing them."""
    missing = [name for name in ("torch", "transformers", "safetensors") if find_spec(name) is None]
    if missing:
        return Availability("not_installed", f"{', '.join(missing)} is not installed", INSTALL)
    return Availability("ready")


def set_threads() -> int:
    """Give torch the threads this process may use, and return their number.

    ``OMP_NUM_THREADS`` wins; else the cores this process may run on. Left to itself
    torch takes every core of the machine, which on a shared one is many times slower
    than one thread.
    """
    import torch

    asked = os.environ.get("OMP_NUM_THREADS", "")
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    threads = int(asked) if asked.isdigit() and int(asked) > 0 else allowed
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)
    return threads


def pick_device(asked: str) -> torch.device:
    """Return the device for ``auto``, ``cpu`` or ``cuda``.

    Raises
    ------
    EngineUnavailable
        When a GPU is asked for and torch sees none.
    """
    import torch

    if asked == "cuda" and not torch.cuda.is_available():
        raise EngineUnavailable("There is no GPU that torch can use.", hint="Set device to auto or cpu.")
    use_gpu = asked == "cuda" or (asked == "auto" and torch.cuda.is_available())
    return torch.device("cuda" if use_gpu else "cpu")


def pick_language_dtype(asked: str, device: torch.device) -> torch.dtype:
    """Return the number format of the language part; ``auto`` follows the hardware.

    bfloat16 on a GPU that has it, float16 on an older one, float32 on a CPU, where half
    precision without AMX is several times slower. The folding part is float32 always:
    in float16 it overflows to NaN.
    """
    import torch

    named = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
    if asked != "auto":
        return named[asked]
    if device.type == "cpu":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Run a block on its own random stream; the caller's stream is left as it was."""
    import torch

    devices = [torch.cuda.current_device()] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


def down_the_ladder(
    first: int, run: Callable[[int], _Result], tell: Callable[[str], None]
) -> tuple[_Result, int]:
    """Run with ever smaller chunks until the memory suffices.

    Parameters
    ----------
    first : int
        Chunk size to begin with, one of :data:`LADDER`.
    run : callable
        Takes a chunk size.
    tell : callable
        Takes a sentence for each step down.

    Returns
    -------
    tuple
        The result, and the chunk size that worked.

    Raises
    ------
    EngineFailed
        When even the smallest chunks do not fit.
    """
    for size in LADDER[LADDER.index(first) :]:
        try:
            return run(size), size
        except Exception as fault:
            if not is_out_of_memory(fault):
                raise
            free_memory()
            tell(f"Out of memory with chunks of {size or 'any size'}; trying smaller ones.")
    raise EngineFailed(
        "The memory does not suffice, even with the smallest chunks.",
        hint="Fold a shorter sequence, or one domain at a time.",
    )


def is_out_of_memory(fault: Exception) -> bool:
    """Say whether an exception is torch or Python running out of memory."""
    import torch

    if isinstance(fault, (MemoryError, torch.OutOfMemoryError)):
        return True
    # The CPU allocator raises a plain RuntimeError.
    return isinstance(fault, RuntimeError) and "not enough memory" in str(fault)


def free_memory() -> None:
    """Give cached GPU memory back."""
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def versions() -> dict[str, str]:
    """Return the versions of the libraries that compute, without importing them."""
    from importlib.metadata import version

    return {name: version(name) for name in ("torch", "transformers")}


class Meter:
    """Counts blocks and reports them; every block is a place to stop.

    Parameters
    ----------
    report : callable
        Takes a fraction and a sentence, and raises once the job is to stop.
    total : int
        Blocks there will be.
    """

    def __init__(self, report: Callable[[float, str], None], total: int) -> None:
        self._report = report
        self._total = max(total, 1)
        self._done = 0

    def step(self, message: str) -> None:
        """One block is about to run."""
        self._report(min(self._done / self._total, 1.0), message)
        self._done += 1

    def restart(self) -> None:
        """Count from the beginning again, after a step down the memory ladder."""
        self._done = 0


@contextmanager
def watched(modules: Any, before: Callable[[int], None]) -> Iterator[None]:
    """Call ``before(index)`` ahead of each of the modules while the block runs."""

    def hook(index: int) -> Callable[[Any, Any], None]:
        return lambda module, inputs: before(index)

    handles = [module.register_forward_pre_hook(hook(i)) for i, module in enumerate(modules)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
