"""What the writers of privacy refuse; holds, retention and erasure keep theirs beside them.

PrivacyError
├── NotAllowedError       this person may not do this here: 403
└── NothingSealedError    the entry holds nothing that could be revealed
"""

from __future__ import annotations


class PrivacyError(Exception):
    """A writer refused."""


class NotAllowedError(PrivacyError):
    """This person may not do this here."""


class NothingSealedError(PrivacyError):
    """There is nothing to reveal in this entry."""
