"""Structural alignment: what it gives, what it refuses, and that it can be stopped."""

from __future__ import annotations

import asyncio
import threading
import time

import numpy as np
import pytest

from foldsight.analysis.alignment import Trace, align, align_async, pool
from foldsight.analysis.alignment.trace import check
from foldsight.errors import BadRequest, Failed
from foldsight.typing import Doubles


def helix_bundle(length: int, seed: int) -> Trace:
    """Return a compact random walk with 3.8 Å steps, the same for a seed."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(length, 3))
    steps = np.cumsum(0.6 * steps / np.linalg.norm(steps, axis=1, keepdims=True), axis=0) * 0.3 + steps
    coord = np.cumsum(3.8 * steps / np.linalg.norm(steps, axis=1, keepdims=True), axis=0)
    letters = "".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), length))
    return Trace(f"walk{seed}", coord, letters, np.arange(length))


def turned(trace: Trace, angle: float = 1.1) -> tuple[Trace, Doubles]:
    c, s = np.cos(angle), np.sin(angle)
    rotation = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])
    return Trace("turned", trace.coord @ rotation.T + [5.0, -3, 20], trace.sequence, trace.rows), rotation


def test_a_turned_copy_is_put_back() -> None:
    reference = helix_bundle(60, 1)
    mobile, rotation = turned(reference)
    found = align(mobile, reference)
    assert found.tm_by_reference == pytest.approx(1.0, abs=1e-4)
    assert found.rmsd == pytest.approx(0.0, abs=1e-3)
    assert (found.n_aligned, found.identity) == (60, 1.0)
    np.testing.assert_allclose(found.rotation, rotation.T, atol=1e-4)
    assert found.distances.max() < 1e-2


def test_scores_are_given_by_reference_and_by_mobile() -> None:
    whole = helix_bundle(90, 2)
    part = Trace("part", whole.coord[:45], whole.sequence[:45], whole.rows[:45])
    found = align(part, whole)
    assert found.tm_by_mobile > 0.99
    assert found.tm_by_reference == pytest.approx(0.5, abs=0.05)
    assert found.pairs[:, 0].tolist() == found.pairs[:, 1].tolist()
    assert "by reference" in str(found)


def test_a_pair_can_be_awaited_and_a_cancelled_one_frees_its_worker() -> None:
    own = pool.Pool(1)
    slow = helix_bundle(1500, 3), helix_bundle(1500, 4)

    async def work() -> int:
        task = asyncio.create_task(align_async(*slow, own))
        ticks = 0
        while not task.done():  # the event loop goes on; a held one would never count
            await asyncio.sleep(0.001)
            ticks += 1
            if ticks == 30:
                task.cancel()
        assert task.cancelled()
        assert (await align_async(helix_bundle(30, 5), helix_bundle(30, 6), own)).n_aligned > 5
        return ticks

    assert asyncio.run(work()) >= 30
    own.close()


def test_bad_coordinates_are_refused_before_a_worker_starts() -> None:
    class Never(pool.Pool):
        def align(self, *_: object) -> dict[str, object]:
            raise AssertionError("a worker was asked")

    bad = helix_bundle(30, 1)
    bad.coord[3] = np.nan
    with pytest.raises(BadRequest, match="CA number 4"):
        align(bad, helix_bundle(30, 2), Never(1))
    with pytest.raises(BadRequest, match="needs 10"):
        align(helix_bundle(30, 2), helix_bundle(9, 2), Never(1))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_coordinates_that_hang_an_aligner_are_refused(value: float) -> None:
    coord = np.zeros((20, 3))
    coord[4, 1] = value
    with pytest.raises(BadRequest, match="CA number 5"):
        check(coord, "x:A")


def test_short_and_huge_chains_are_refused() -> None:
    with pytest.raises(BadRequest, match="needs 10"):
        check(np.zeros((9, 3)), "x:A")
    with pytest.raises(BadRequest, match="at most 5,000"):
        check(np.zeros((5001, 3)), "x:A")


def test_a_pair_that_takes_too_long_is_stopped_and_the_pool_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "SECONDS_LEAST", 0.05)
    monkeypatch.setattr(pool, "SECONDS_PER_MILLION", 0.0)
    own = pool.Pool(1)
    slow = helix_bundle(900, 3)
    with pytest.raises(Failed, match="was stopped"):
        align(slow, helix_bundle(900, 4), own)
    monkeypatch.setattr(pool, "SECONDS_LEAST", 60.0)
    assert align(helix_bundle(30, 5), helix_bundle(30, 6), own).n_aligned > 5
    own.close()


def test_other_threads_go_on_while_a_long_pair_runs() -> None:
    gaps: list[float] = []
    stop = threading.Event()

    def tick() -> None:
        last = time.perf_counter()
        while not stop.wait(0.005):
            gaps.append(time.perf_counter() - last)
            last = time.perf_counter()

    thread = threading.Thread(target=tick)
    thread.start()
    align(helix_bundle(320, 7), helix_bundle(320, 8))
    stop.set()
    thread.join()
    # Not a speed test: a held interpreter lock would leave a handful of ticks at most.
    assert len(gaps) > 20
