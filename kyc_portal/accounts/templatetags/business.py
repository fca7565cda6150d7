"""The name of the business that asks for the proof, in the reader's language."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.utils import translation

register = template.Library()


@register.simple_tag
def business() -> str:
    """Its name as this reader reads it; the English one in a language we have no name for."""
    names: dict[str, str] = settings.BUSINESS_NAMES
    return names.get(translation.get_language() or "en", names["en"])
