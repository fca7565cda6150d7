"""A refusal on the service's terms: its code, and a sentence that holds no value of the request."""

from __future__ import annotations


class RefusedError(Exception):
    """Ends a request with this code; still an HTTP 200 on the wire."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


def missing(name: str) -> RefusedError:
    """A required common parameter is not there."""
    return RefusedError("MissingParameter", f"The request is missing a required parameter `{name}`.")
