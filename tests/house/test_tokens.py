"""The colours: contrast of every pair that meets on a page, computed from the token file; no colour anywhere else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = Path("static/css")
TOKENS = (CSS / "tokens.css").read_text()
COLOUR = re.compile(r"#[0-9A-Fa-f]{3,8}\b|\brgba?\(|\bhsla?\(")
THEMES = dict(zip(("light", "dark"), re.findall(r":root \{(.*?)\}", TOKENS, re.DOTALL), strict=True))
SURFACES = ("bg", "surface", "surface-2", "surface-3")
SEVERITIES = ("edited", "recapture", "photocopy", "unknown", "not-checked", "pass")
TEXT = (
    [(ink, ground) for ink in ("ink", "ink-2", "ink-3") for ground in SURFACES]
    + [("accent", ground) for ground in ("bg", "surface", "surface-2", "accent-soft")]
    + [("on-accent", "accent"), ("on-accent", "accent-hover"), ("on-solid", "edited-solid"), ("surface", "ink")]
    + [(each, ground) for each in SEVERITIES for ground in ("surface", "surface-2", f"{each}-soft")]
    + [("ink", f"{each}-soft") for each in SEVERITIES]
)
EDGES = [("line-strong", ground) for ground in SURFACES] + [
    (f"{each}-solid", ground) for each in SEVERITIES for ground in ("surface", "surface-2")
]


def colours(theme: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9A-F]{6});", THEMES[theme]))


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read(theme: str, ink: str, ground: str) -> None:
    found = colours(theme)
    assert contrast(found[ink], found[ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("edge", "ground"), EDGES)
def test_edges_and_shapes_can_be_seen(theme: str, edge: str, ground: str) -> None:
    found = colours(theme)
    assert contrast(found[edge], found[ground]) >= 3


@pytest.mark.parametrize(
    ("ink", "ground"),
    [("camera-ink", "camera-ground"), ("camera-guide", "camera-ground"), ("camera-good-ink", "camera-good")],
)
def test_the_camera_page_can_be_read(ink: str, ground: str) -> None:
    found = colours("light")
    assert contrast(found[ink], found[ground]) >= 7


def test_a_mark_on_a_photo_can_be_read() -> None:
    found = colours("light")
    assert contrast(found["camera-ink"], found["camera-mark"]) >= 4.5


def test_both_themes_name_the_same_colours() -> None:
    always_dark = {name for name in colours("light") if name.startswith("camera-")}
    assert set(colours("light")) - always_dark == set(colours("dark"))


def test_no_colour_stands_outside_the_token_file() -> None:
    places = [path for path in (*CSS.glob("*.css"), *Path("static/js").glob("*.js")) if path.name != "tokens.css"]
    places += list(Path("templates").rglob("*.html"))
    found = {
        (str(path), hit[0])
        for path in places
        for hit in COLOUR.finditer(re.sub(r"\{#.*?#\}|icons\.svg.{0,12}#|href=\"#|&#\w+;", "", path.read_text()))
        if not path.match("templates/emails/*")
    }
    assert not found
