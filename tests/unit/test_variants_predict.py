"""The built-in ddG: what must hold exactly, and what must hold for known proteins."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from foldsight.analysis.variants.energies import site_energies, weights
from foldsight.analysis.variants.predict import predict_variants
from foldsight.analysis.variants.sites import AMINO_ACIDS, Sites
from foldsight.analysis.variants.table import VariantTable, effect
from foldsight.confidence import Confidence
from foldsight.errors import BadRequest
from foldsight.library import Library
from foldsight.prediction import Prediction
from foldsight.provenance import FoldManifest
from foldsight.residues import ONE_TO_THREE
from foldsight.structure import Structure


@pytest.fixture(scope="module")
def ubiquitin() -> Structure:
    return Library.open().structure("1ubi")


@pytest.fixture(scope="module")
def protease() -> Structure:
    return Library.open().structure("1hpv")


@pytest.fixture(scope="module")
def scan(ubiquitin: Structure) -> VariantTable:
    return predict_variants(ubiquitin, "scan")


def renamed(structure: Structure, number: int, letter: str) -> Structure:
    """Call one residue another type and take its side chain away."""
    row = next(i for i, ref in enumerate(structure.refs) if ref.auth_seq == number)
    names = structure.residues.name.copy()
    names[row] = ONE_TO_THREE[letter]
    keep = (structure.atoms.residue != row) | np.isin(structure.atoms.name, ["N", "CA", "C", "O"])
    atoms = replace(structure.atoms, **{k: v[keep] for k, v in vars(structure.atoms).items()})
    return replace(structure, atoms=atoms, residues=replace(structure.residues, name=names))


def test_the_way_back_is_minus_the_way_there(ubiquitin: Structure) -> None:
    for number, wild, mutant in ((30, "I", "A"), (48, "K", "P"), (10, "G", "W"), (37, "P", "D")):
        there = predict_variants(ubiquitin, f"{wild}{number}{mutant}")[0].ddg_kcal_mol
        back = predict_variants(renamed(ubiquitin, number, mutant), f"{mutant}{number}{wild}")[0].ddg_kcal_mol
        assert there == -back
        assert there != 0


def test_nothing_changes_when_nothing_is_changed(ubiquitin: Structure) -> None:
    row = predict_variants(ubiquitin, "p.Lys48=")[0]
    assert (row.ddg_kcal_mol, row.low_kcal_mol, row.high_kcal_mol) == (0.0, 0.0, 0.0)


def test_steps_add_up(ubiquitin: Structure) -> None:
    own = np.ones(len(ubiquitin.residues), dtype=bool)
    energies = site_energies(ubiquitin, own, own)
    a, b, c = (np.array([AMINO_ACIDS.index(x)]) for x in "AWD")
    at = np.array([20])
    assert energies.ddg(at, a, b) + energies.ddg(at, b, c) == pytest.approx(energies.ddg(at, a, c), abs=1e-12)


def test_scan_and_single_variant_agree_to_the_last_digit(ubiquitin: Structure, scan: VariantTable) -> None:
    assert len(scan) == 76 * 19
    row = next(row for row in scan if row.variant == "A:I30A")
    assert predict_variants(ubiquitin, "I30A")[0].ddg_kcal_mol == row.ddg_kcal_mol


def test_turning_the_structure_changes_nothing(ubiquitin: Structure, scan: VariantTable) -> None:
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    turn *= np.linalg.det(turn)
    moved = replace(ubiquitin, atoms=replace(ubiquitin.atoms, coord=ubiquitin.atoms.coord @ turn.T + 50.0))
    _, first = scan.matrix()
    _, second = predict_variants(moved, "scan").matrix()
    assert np.abs(first - second).max() < 1e-3


def test_hydrogens_waters_and_order_of_alternates_do_not_matter(ubiquitin: Structure) -> None:
    table = ubiquitin.atoms
    doubled = {k: np.concatenate([v, v[-3:]]) for k, v in vars(table).items()}
    doubled["element"] = doubled["element"].copy()
    doubled["element"][-3:] = "H"
    doubled["name"] = doubled["name"].copy()
    doubled["name"][-3:] = "HX"
    with_hydrogens = replace(ubiquitin, atoms=replace(table, **doubled))
    assert predict_variants(with_hydrogens, "I30A")[0] == predict_variants(ubiquitin, "I30A")[0]


def test_the_core_matters_more_than_the_surface(scan: VariantTable) -> None:
    mean = {name: values["mean"] for name, values in scan.by_residue().items()}
    core = np.mean([mean[f"A:{n}"] for n in (3, 5, 13, 15, 17, 26, 30, 43, 50, 56, 61, 67, 69)])
    surface = np.mean([mean[f"A:{n}"] for n in (16, 18, 20, 24, 31, 32, 39, 49, 52, 60, 62, 64)])
    assert core > surface + 1.0


def test_heat_map(scan: VariantTable) -> None:
    names, ddg = scan.matrix()
    assert names[:2] == ["A:1", "A:2"]
    assert ddg.shape == (76, 20)
    assert np.isfinite(ddg).all()
    assert ddg[29, AMINO_ACIDS.index("I")] == 0


def test_the_picture_has_a_panel_for_each_chain(protease: Structure) -> None:
    table = predict_variants(protease, "scan A:20-30,B:20-22", explain=False)
    first, second, bar = table.heat_map().axes
    assert [text.get_text() for text in second.get_xticklabels()] == ["B:K20", "B:E21", "B:A22"]
    shown = first.get_images()[0].get_array()
    assert shown is not None
    assert shown.shape == (20, 11)
    assert bar.get_ylabel() == "ddG in kcal/mol, > 0 destabilises"


def test_multiple_changes_are_summed_and_say_so(ubiquitin: Structure) -> None:
    both, first, second = predict_variants(ubiquitin, "L67A+L69A L67A L69A")
    assert both.additive
    assert both.ddg_kcal_mol == pytest.approx(first.ddg_kcal_mol + second.ddg_kcal_mol)
    assert "may not add up" in both.warnings
    assert both.high_kcal_mol - both.low_kcal_mol > first.high_kcal_mol - first.low_kcal_mol


def test_context_decides_what_surrounds(protease: Structure) -> None:
    alone = predict_variants(protease, "A:L97A")[0]
    together = predict_variants(protease, "A:L97A", context="complex")[0]
    assert (alone.context, together.context) == ("monomer", "complex")
    assert together.burial > alone.burial
    assert "interface with chain B" in alone.flags


def test_low_confidence_is_told(ubiquitin: Structure) -> None:
    values = np.full(len(ubiquitin.residues), 90.0, dtype=np.float32)
    values[29] = 55.0
    prediction = Prediction(
        ubiquitin, Confidence("plddt", values), FoldManifest("test", "1", "predicted", "0" * 64, name="u")
    )
    first, second = predict_variants(prediction, "I30A L50A")
    assert first.warnings == "pLDDT 55 is below 70"
    assert second.warnings == ""


def test_gaps_are_told(ubiquitin: Structure) -> None:
    cut = ubiquitin.subset(np.array([ref.auth_seq not in (45, 46) for ref in ubiquitin.refs]))
    assert "gap" in predict_variants(cut, "A:K48A")[0].warnings
    assert "gap" not in predict_variants(ubiquitin, "A:K48A")[0].warnings


def test_faults_are_refused_or_kept(ubiquitin: Structure) -> None:
    with pytest.raises(BadRequest, match="is ILE, not VAL") as caught:
        predict_variants(ubiquitin, "V30A K48A V31A")
    assert "2 do not fit" in str(caught.value)
    table = predict_variants(ubiquitin, "V30A K48A", keep_faults=True)
    assert math.isnan(table[0].ddg_kcal_mol)
    assert "is ILE, not VAL" in table[0].problem
    assert math.isfinite(table[1].ddg_kcal_mol)


def test_a_residue_without_backbone_says_so(ubiquitin: Structure) -> None:
    row = next(i for i, ref in enumerate(ubiquitin.refs) if ref.auth_seq == 48)
    keep = ~((ubiquitin.atoms.residue == row) & (ubiquitin.atoms.name == "O"))
    atoms = replace(ubiquitin.atoms, **{k: v[keep] for k, v in vars(ubiquitin.atoms).items()})
    cut = replace(ubiquitin, atoms=atoms)
    with pytest.raises(BadRequest, match="lacks N, CA, C or O"):
        predict_variants(cut, "K48A")
    assert "lacks N, CA, C or O" in predict_variants(cut, "K48A", keep_faults=True)[0].problem
    assert len(predict_variants(cut, "scan")) == 75 * 19


def test_a_ca_trace_is_refused(ubiquitin: Structure) -> None:
    keep = ubiquitin.atoms.name == "CA"
    atoms = replace(ubiquitin.atoms, **{k: v[keep] for k, v in vars(ubiquitin.atoms).items()})
    for request in ("K48A", "scan"):
        with pytest.raises(BadRequest, match="CA trace"):
            predict_variants(replace(ubiquitin, atoms=atoms), request)


def test_intervals_widen_with_the_level(ubiquitin: Structure) -> None:
    half, most = (predict_variants(ubiquitin, "I30A", level=level)[0] for level in (0.5, 0.95))
    assert most.low_kcal_mol < half.low_kcal_mol < half.ddg_kcal_mol < half.high_kcal_mol < most.high_kcal_mol
    with pytest.raises(BadRequest, match="not calibrated"):
        predict_variants(ubiquitin, "I30A", level=0.999)


def test_the_words() -> None:
    edges = [2.0, 1.99, 1.0, 0.99, 0.5, 0.49, -0.5, -0.51]
    found = [effect(value) for value in edges]
    assert found == ["strongly destabilising", "destabilising", "destabilising", "slightly destabilising",
                     "slightly destabilising", "neutral", "neutral", "stabilising"]  # fmt: skip
    assert effect(math.nan) == ""


def test_table_shows_sign_method_and_error(ubiquitin: Structure, scan: VariantTable) -> None:
    table = predict_variants(ubiquitin, "I30A K48E")
    for shown in (str(table), repr(table)):
        assert "> 0 destabilises" in shown
    assert "&gt; 0 destabilises" in table._repr_html_()
    assert table.frame["ddg_kcal_mol"].tolist() == [row.ddg_kcal_mol for row in table]
    assert table.to_dict()["rows"][0]["conservation"] is None
    assert "more rows" in str(scan)


def test_the_shipped_weights() -> None:
    given = weights()
    assert given.network.rounds == 3
    assert all(np.isfinite(value).all() for value in given.network.parameters.values())
    spread = given.spread[-6:]
    assert all(a < b for a, b in itertools.pairwise(spread))


def test_numpy_equals_torch(ubiquitin: Structure) -> None:
    torch = pytest.importorskip("torch")
    from foldsight.analysis.variants.geometry import edge_features, geometry

    sites = Sites.of(ubiquitin)
    geo = geometry(sites)
    rows = np.arange(len(sites), dtype=np.int32)
    given = weights().network
    p = {name: torch.from_numpy(value) for name, value in given.parameters.items()}
    linear, norm = torch.nn.functional.linear, torch.nn.functional.layer_norm
    edges = torch.from_numpy(edge_features(geo, sites.position, rows))
    node = torch.from_numpy(geo.node)
    around = linear(node, p["neighbour.weight"]) + p["letter.weight"][sites.letters]
    hidden = torch.relu(linear(edges, p["edge1.weight"], p["edge1.bias"]) + around[geo.neighbours])
    hidden = torch.relu(linear(hidden, p["edge2.weight"], p["edge2.bias"]))
    z = norm(linear(node, p["node.weight"], p["node.bias"]), (96,), p["norm.weight"], p["norm.bias"])
    for k in range(given.rounds):
        q = {name.removeprefix(f"rounds.{k}."): value for name, value in p.items()}
        message = torch.relu(
            linear(hidden, q["edge.weight"]) + linear(z, q["site.weight"], q["site.bias"])[:, None]
        )
        z = norm(
            z + linear(message.mean(1), q["out.weight"], q["out.bias"]),
            (96,),
            q["norm1.weight"],
            q["norm1.bias"],
        )
        step = linear(torch.relu(linear(z, q["up.weight"], q["up.bias"])), q["down.weight"], q["down.bias"])
        z = norm(z + step, (96,), q["norm2.weight"], q["norm2.bias"])
    found, logits = given(sites, geo, rows)
    assert np.abs(found - z.numpy()).max() < 1e-4
    assert np.abs(logits - linear(z, p["logits.weight"], p["logits.bias"]).numpy()).max() < 1e-4


def test_picture_of_a_scan(ubiquitin: Structure, scan: VariantTable) -> None:
    from foldsight.analysis.variants.heatmap import ORDER, heat_map

    assert sorted(ORDER) == list(AMINO_ACIDS)
    axes = heat_map(scan).axes[0]
    shown = np.asarray(axes.images[0].get_array())
    assert shown.shape == (20, 76)
    assert shown[ORDER.index("A"), 29] == pytest.approx(
        next(row.ddg_kcal_mol for row in scan if row.variant == "A:I30A")
    )
    with pytest.raises(BadRequest, match="no single change"):
        heat_map(predict_variants(ubiquitin, "L67A+L69A"))


def test_a_sequence_is_refused() -> None:
    with pytest.raises(BadRequest, match="is no structure"):
        predict_variants("MQIF", "M1A")  # type: ignore[arg-type]
