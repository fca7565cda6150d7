"""How a colleague likes the console, kept on the account: the view of a picture, single keys, how dense the lists are.

Nothing here is about a case, and nothing follows from it; so a change leaves no entry in the log.
"""

from __future__ import annotations

from collections.abc import Mapping

from kyc_portal import audit
from kyc_portal.accounts.models import User

# What can be chosen, and what holds until it is.
DEFAULTS: Mapping[str, bool] = {
    "single_keys": True,
    "contrast": False,
    "invert": False,
    "point": True,
    "compact": False,
}


def of(user: User) -> dict[str, bool]:
    """What this person chose, and the defaults of what they did not."""
    return {name: bool(user.preferences.get(name, default)) for name, default in DEFAULTS.items()}


def put(*, user: User, name: str, is_on: bool) -> None:
    """Keep one choice. Raises KeyError for a name nobody can choose."""
    if name not in DEFAULTS:
        raise KeyError(name)
    with audit.acting(user.actor):
        locked = User.objects.select_for_update().get(pk=user.pk)
        User.objects.filter(pk=user.pk).update(preferences={**locked.preferences, name: is_on})
