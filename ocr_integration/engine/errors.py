"""What the engine raises when it cannot answer; nothing here carries a value read from a card."""

from __future__ import annotations


class NoCardError(Exception):
    """The picture shows no permit we know on the side that was asked for: the customer takes it again."""


class WrongSideError(NoCardError):
    """It shows a permit we know, but the side that was not asked for: the customer turns the card over."""


class UnreadableImageError(Exception):
    """The bytes are no JPEG or PNG, or the file is broken: the customer takes the picture again."""
