"""What the person who looks chose for the console, where a page asks."""

from __future__ import annotations

from typing import Any

from django import template

from kyc_portal.accounts import preferences

register = template.Library()


@register.simple_tag(takes_context=True)
def preferred(context: dict[str, Any]) -> dict[str, bool]:
    """{name: is it on} for every choice there is."""
    return preferences.of(context["request"].user)
