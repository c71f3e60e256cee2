"""Mean shift and the joining of pieces, on blobs whose centres are known."""

from __future__ import annotations

import numpy as np

from foldsight.analysis.pockets.clusters import MERGE, find_sites, merge_split
from foldsight.typing import Doubles, Floats


def blobs(*centres: tuple[float, float, float], count: int = 60) -> tuple[Doubles, Floats]:
    """Points around each centre, likelier the nearer they are to it."""
    rng = np.random.default_rng(0)
    points = np.concatenate([np.array(c) + rng.normal(0, 2.0, (count, 3)) for c in centres])
    apart = np.min([np.linalg.norm(points - np.array(c), axis=1) for c in centres], axis=0)
    return points, (0.9 * np.exp(-(apart**2) / 18)).astype(np.float32)


def test_two_blobs_are_two_sites_at_their_centres() -> None:
    centres = (0.0, 0.0, 0.0), (25.0, 0.0, 0.0)
    sites = find_sites(*blobs(*centres))
    found = sorted(tuple(np.round(site.centre)) for site in sites[:2])
    assert np.allclose(found, centres, atol=1.5)
    assert sites[0].weight >= sites[1].weight


def test_near_blobs_are_one_site() -> None:
    points, probability = blobs((0, 0, 0), (3, 0, 0))
    assert len(find_sites(points, probability)[0].members) > 100


def test_few_points_still_give_sites() -> None:
    points, probability = blobs((0, 0, 0), count=12)
    assert find_sites(points, np.float32(0.01) * probability)


def test_pieces_go_to_the_better_piece() -> None:
    points, probability = blobs((0, 0, 0), (MERGE + 6, 0, 0), (60, 0, 0))
    sites = find_sites(points, probability)[:3]
    near = sites[0]
    piece = type(near)(np.array([0, 1]), near.centre + MERGE / 2, 0.1, 0.1)
    piece = type(near)(piece.members, near.centre + np.array([MERGE / 2, 0, 0]), 0.1, 0.1)
    score = np.array([0.9, 0.5, 0.4, 0.8], dtype=np.float32)
    kept = merge_split([*sites, piece], score)
    assert [row for row, _ in kept] == [0, 1, 2]
    assert len(kept[0][1].members) == len(near.members) + 2
    assert np.array_equal(kept[0][1].centre, near.centre)
