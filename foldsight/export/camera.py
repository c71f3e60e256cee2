"""Where one looks from: the orientation that shows most, and the scale that fits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foldsight.typing import Doubles


@dataclass(frozen=True, eq=False)
class Camera:
    """An orthographic view.

    Attributes
    ----------
    rotation : ndarray, shape=(3, 3)
        Rows are the directions right, up and towards the viewer.
    centre : ndarray, shape=(3,)
        In Å; drawn at ``origin``.
    scale : float
        Pixels per Å.
    origin : tuple of float
        Pixels from the left and from the top.
    """

    rotation: Doubles
    centre: Doubles
    scale: float
    origin: tuple[float, float]

    @classmethod
    def fit(cls, points: Doubles, box: tuple[float, float, float, float]) -> Camera:
        """Look along the shortest principal axis and fill a box.

        Parameters
        ----------
        points : ndarray, shape=(N, 3)
            What must be seen, in Å.
        box : tuple of float
            Left, top, width and height in pixels. The longest axis lies along the
            longer side.
        """
        left, top, width, height = box
        rotation = principal_axes(points)
        if height > width:
            rotation = np.array([rotation[1], -rotation[0], rotation[2]])
        seen = (points - points.mean(axis=0)) @ rotation.T
        low, high = seen.min(axis=0), seen.max(axis=0)
        extent = np.maximum(high - low, 1.0)
        scale = min(width / extent[0], height / extent[1])
        centre = points.mean(axis=0) + ((low + high) / 2) @ rotation
        return cls(rotation, centre, float(scale), (left + width / 2, top + height / 2))

    def project(self, points: Doubles) -> Doubles:
        """Return x to the right and y downwards in pixels, and depth towards the viewer in Å."""
        seen: Doubles = (points - self.centre) @ self.rotation.T
        seen[:, 0] = self.origin[0] + self.scale * seen[:, 0]
        seen[:, 1] = self.origin[1] - self.scale * seen[:, 1]
        return seen

    def turn(self, directions: Doubles) -> Doubles:
        """Return directions (not positions) as the viewer sees them: right, up, towards."""
        turned: Doubles = directions @ self.rotation.T
        return turned


def principal_axes(points: Doubles) -> Doubles:
    """Return right, up and towards as the longest, middle and shortest axis; shape (3, 3).

    The signs are fixed by the first point (upper left) and by handedness, so that one
    structure always gives one picture.
    """
    centred = points - points.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    right, up = axes[0], axes[1]
    right = -right if centred[0] @ right > 0 else right
    up = -up if centred[0] @ up < 0 else up
    return np.array([right, up, np.cross(right, up)])
