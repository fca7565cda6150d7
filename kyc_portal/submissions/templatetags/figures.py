"""How numbers are written on our pages."""

from __future__ import annotations

from django import template

register = template.Library()
NARROW_SPACE = "\u202f"


@register.filter
def thousands(number: int | None) -> str:
    """1284519 as 1 284 519, with narrow no-break spaces; nothing for None."""
    return "" if number is None else f"{number:,}".replace(",", NARROW_SPACE)
