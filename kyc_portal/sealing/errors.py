"""Why a sealed value does not open.

SealError
├── MasterKeyError      set-up: a master key is missing, wrong or gone; an operator acts
├── SealBrokenError     the bytes were changed or moved; an alarm
└── KeyDestroyedError   the customer was erased; pages say "erased"
"""


class SealError(Exception):
    """A sealed value could not be made or opened."""


class MasterKeyError(SealError):
    """MASTER_KEY does not fit; the message names the id, never a key."""


class SealBrokenError(SealError):
    """The value was changed, or it belongs to another row, column or customer."""


class KeyDestroyedError(SealError):
    """The customer's key was destroyed, or never made."""
