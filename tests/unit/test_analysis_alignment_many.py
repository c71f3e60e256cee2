"""One against many and all against all: results, refusals, filters, pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from foldsight.analysis.alignment import (
    AlignmentMatrix,
    Refusal,
    Trace,
    align,
    align_all,
    align_many,
    pictures,
    pool,
    prefilter,
)
from foldsight.errors import BadRequest, FoldSightError
from foldsight.library import Library
from foldsight.structure import Structure
from foldsight.typing import Ints


def walk(length: int, seed: int, name: str = "") -> Trace:
    """Return the first part of a walk of 3.8 Å steps, the same for a seed."""
    drift, noise = np.random.default_rng(seed).normal(size=(2, 400, 3))
    steps = (np.cumsum(drift, axis=0) * 0.2 + noise)[:length]
    coord = np.cumsum(3.8 * steps / np.linalg.norm(steps, axis=1, keepdims=True), axis=0)
    return Trace(name or f"walk{seed}", coord, "A" * length, np.arange(length))


@pytest.fixture(scope="module")
def starter() -> dict[str, Structure]:
    library = Library.open()
    return {name: library.structure(name) for name in ("1ubi", "1ejg", "1hpv")}


def test_rows_keep_their_order_and_a_refused_one_does_not_end_the_rest() -> None:
    seen: list[tuple[int, int]] = []
    broken = walk(30, 5, "broken")
    broken.coord[2, 0] = np.inf
    others = [walk(30, 1), walk(5, 2, "short"), broken, Refusal("gone", BadRequest("There is no file."))]
    found = align_many(walk(40, 1), [*others, walk(35, 4)], progress=lambda *now: seen.append(now))
    assert seen == [(1, 2), (2, 2)]
    assert [row.status for row in found] == ["aligned", "refused", "refused", "refused", "aligned"]
    assert found.table["name"].tolist()[:2] == ["walk1", "walk4"]
    assert "needs 10" in found.table.set_index("name").loc["short", "reason"]
    one = align(walk(30, 1), walk(40, 1))
    row = found.table.iloc[0]
    assert (row.tm_by_reference, row.tm_by_mobile) == (one.tm_by_reference, one.tm_by_mobile)
    assert (row.n_aligned, row.residues, row.identity) == (one.n_aligned, 30, 1.0)
    assert "3 refused" in str(found)
    assert "needs 10" in found._repr_html_()


def test_a_reference_that_cannot_be_aligned_is_refused_at_once() -> None:
    with pytest.raises(BadRequest, match="needs 10"):
        align_many(walk(4, 1), [walk(30, 2)])


def test_pairs_that_cannot_reach_the_score_by_length_are_not_aligned() -> None:
    found = align_many(walk(100, 1), [walk(45, 1), walk(90, 1)], min_tm=0.5, by="longer")
    assert [row.status for row in found] == ["left out (length)", "aligned"]
    assert [row.name for row in found.hits] == ["walk1"]
    assert "by longer" in str(found)


@pytest.mark.parametrize("by", ["shorter", "longer", "reference", "mobile"])
def test_no_score_exceeds_its_length_bound(by: prefilter.By) -> None:
    reference, mobile = walk(60, 1), walk(25, 1)
    found = align(mobile, reference)
    scores = {"shorter": found.tm_by_mobile, "mobile": found.tm_by_mobile}
    score = scores.get(by, found.tm_by_reference)
    assert score <= prefilter.length_bound(reference, mobile, by) + 1e-9


@pytest.mark.parametrize(("min_tm", "by"), [(1.5, "shorter"), (-0.1, "shorter"), (0.5, "tallest")])
def test_thresholds_that_mean_nothing_are_refused(min_tm: float, by: prefilter.By) -> None:
    with pytest.raises(BadRequest):
        align_many(walk(30, 1), [], min_tm=min_tm, by=by)


def test_3di_tells_relatives_from_strangers(starter: dict[str, Structure]) -> None:
    query = Trace.of(starter["1hpv"], "A")
    others = [Trace.of(starter["1hpv"], "B"), starter["1ubi"], walk(99, 1)]
    found = align_many(query, others, min_tm=0.6)
    assert [row.status for row in found] == ["aligned", "left out (3Di)", "aligned"]
    assert [row.name for row in found.hits] == ["1hpv:B"]
    everything = align_many(query, others[:2], min_tm=0.6, prefiltered=False)
    assert [row.status for row in everything] == ["aligned", "aligned"]
    assert len(everything.hits) == 1


def test_3di_states_are_biotites_also_where_atoms_are_missing(starter: dict[str, Structure]) -> None:
    from biotite.structure.alphabet.encoder import Encoder

    traces = [Trace.of(starter[name]) for name in ("1ubi", "1hpv")]
    broken = traces[0].backbone
    assert broken is not None
    broken[10, 0] = np.nan
    Trace.encode(traces)
    letters = "ACDEFGHIKLMNPQRSTVWY"
    for trace in traces:
        assert trace.backbone is not None
        codes = (
            Encoder()
            .encode(trace.coord, trace.backbone[:, 2], *trace.backbone[:, :2].swapaxes(0, 1))
            .filled()
        )
        assert trace.states == "".join(letters[int(code)] for code in codes)
    alone = Trace("x", traces[1].coord, traces[1].sequence, traces[1].rows, traces[1].backbone)
    assert alone.states == traces[1].states
    assert walk(30, 1).states == ""


def test_the_matrix_agrees_with_the_pairs_and_names_what_was_refused() -> None:
    traces = [walk(40, 1, "a"), walk(50, 2, "b"), walk(30, 1, "c")]
    found = align_all([*traces, walk(3, 1, "short")])
    one = align(traces[1], traces[0])
    assert (found.tm[1, 0], found.tm[0, 1]) == (one.tm_by_reference, one.tm_by_mobile)
    assert (found.rmsd[0, 1], found.n_aligned[1, 0]) == (one.rmsd, one.n_aligned)
    assert [row.name for row in found.refused] == ["short"]
    assert found.table.loc["c", "a"] == found.tm[2, 0]
    assert found.families(0.5)["a"] == found.families(0.5)["c"] != found.families(0.5)["b"]
    assert found.to_dict()["tm"][0][0] == 1.0


def four() -> AlignmentMatrix:
    tm = np.array([[1, 0.8, 0.3, np.nan], [0.9, 1, 0.3, 0.2], [0.3, 0.3, 1, 0.6], [np.nan, 0.2, 0.7, 1]])
    n: Ints = np.full((4, 4), 50)
    return AlignmentMatrix(("a", "b", "it's", "d"), np.full(4, 60), tm, tm, n)


def test_the_tree_joins_at_the_mean_of_the_similarities() -> None:
    matrix = four()
    np.testing.assert_allclose(matrix.similarity[0], [1, 0.8, 0.3, 0])
    np.testing.assert_allclose(matrix.linkage[:, 2], [0.2, 0.4, 0.8])
    assert matrix.newick() == "(('a':0.10000,'b':0.10000):0.30000,('it''s':0.20000,'d':0.20000):0.20000);"
    assert matrix.families(0.5) == {"a": 1, "b": 1, "it's": 2, "d": 2}


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf", "csv", "nwk"])
def test_a_matrix_is_saved_as_the_suffix_says(suffix: str, tmp_path: Path) -> None:
    assert four().save(tmp_path / f"m.{suffix}").stat().st_size > 50


def test_pictures_hold_names_and_values(tmp_path: Path) -> None:
    matrix = four()
    axes = matrix.plot().axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b", "it's", "d"]
    assert "0.80" in [text.get_text() for text in axes.texts]
    assert {label.get_text() for label in matrix.tree().axes[0].get_yticklabels()} == set(matrix.names)
    pictures.save(pictures.distance_picture(align(walk(30, 1), walk(40, 1))), tmp_path / "d.png")
    with pytest.raises(BadRequest, match="suffix"):
        matrix.save(tmp_path / "m.txt")


def test_equal_names_are_told_apart() -> None:
    found = align_all([walk(30, 1, "x"), walk(30, 2, "x"), walk(30, 3, "y")])
    assert found.names == ("x", "x #2", "y")
    assert "x #2" in found._repr_html_()


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(BadRequest, match="no structure"):
        align_all([walk(3, 1)]).plot()


def test_one_structure_has_no_tree() -> None:
    with pytest.raises(BadRequest, match="two structures"):
        align_all([walk(30, 1)]).tree()


def test_a_stop_ends_the_pairs_that_wait() -> None:
    stop = pool.Stop()
    stop.ask()
    found = align_many(walk(30, 1), [walk(30, 2)], stop=stop)
    assert found[0].status == "failed"
    assert isinstance(found[0].fault, FoldSightError)
