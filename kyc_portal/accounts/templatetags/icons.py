"""Icons of the sprite. Each stands beside its word, so readers of a screen are told the word alone."""

from __future__ import annotations

from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
@cache
def icon(name: str, classes: str = "") -> SafeString:
    """One icon by its name in the sprite; `classes` beside its own."""
    words = f"icon {classes}".strip()
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"></use></svg>', words, static("icons.svg"), name
    )


@register.simple_tag
def severity_icon(tier: int, classes: str = "") -> SafeString:
    """The shape of a severity, in its colour."""
    return icon(f"severity-{int(tier)}", f"severity-{int(tier)} {classes}".strip())


@register.simple_tag
def state_icon(state: str) -> SafeString:
    """The shape of a check's result, in its colour."""
    return icon(str(state), f"state-{state}")
