"""A key per customer, wrapped by a master key that is not in the database: seal, open, digest for search, files.

What is sealed is bound to its customer, table, column and row: moved anywhere else it does not open.
"""

from kyc_portal.sealing.errors import KeyDestroyedError, MasterKeyError, SealBrokenError, SealError
from kyc_portal.sealing.values import open_json, open_sealed, seal, seal_json

__all__ = [
    "KeyDestroyedError",
    "MasterKeyError",
    "SealBrokenError",
    "SealError",
    "open_json",
    "open_sealed",
    "seal",
    "seal_json",
]
