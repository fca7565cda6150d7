"""The navigation of the person who looks, with the present page marked."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from kyc_portal.accounts.models import Role
from kyc_portal.accounts.navigation import pages_of

register = template.Library()


@register.inclusion_tag("components/navigation.html", takes_context=True)
def navigation(context: dict[str, Any]) -> dict[str, Any]:
    """Groups of links. A page is current when the request's path is its own."""
    request = context["request"]
    groups = []
    for label, pages in pages_of(Role(request.user.role)):
        links = [(page, reverse(page.view, args=page.arguments)) for page in pages]
        groups.append((label, [(page, href, href == request.path) for page, href in links]))
    return {"groups": groups}
