"""What the forgery tests measure, on tiles made for it; whole forged pictures: `test_engine_reading`."""

from __future__ import annotations

import numpy as np

from ocr_integration.engine.warnings.recapture import grid_strength

# A genuine card measures less than the first, a screen more than the second.
GENUINE, SCREEN = 2.7, 3.1


def _paper() -> np.ndarray:
    return np.random.default_rng(3).normal(200, 4, (512, 512))


def _line() -> np.ndarray:
    """What a crease or the drum of a copier adds: one straight line from edge to edge."""
    down, across = np.mgrid[0:512, 0:512]
    return np.where(np.abs(across - 150 - 0.18 * down) < 1.5, -30.0, 0.0)


def _grid() -> np.ndarray:
    """What a screen does to the light: a fine grid, a little aslant."""
    down, across = np.mgrid[0:512, 0:512] * 2 * np.pi
    return 1 + 0.05 * np.cos(0.23 * across + 0.02 * down) * np.cos(0.21 * down - 0.02 * across)


def test_a_screen_shows_its_grid_and_paper_none() -> None:
    assert grid_strength(_paper()) < GENUINE
    assert grid_strength(_paper() * _grid()) > SCREEN


def test_a_straight_line_is_no_grid_and_hides_none() -> None:
    assert grid_strength(_paper() + _line()) < GENUINE
    assert grid_strength(_paper() * _grid() + _line()) > SCREEN


def test_a_tile_without_anything_measures_nothing() -> None:
    assert grid_strength(np.full((512, 512), 128.0)) == 0.0
