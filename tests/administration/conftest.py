"""The sealer and its key, as the log's own tests have them."""

from tests.audit.proof.conftest import sealing, signers  # noqa: F401
