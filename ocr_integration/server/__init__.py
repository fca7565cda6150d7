"""The compatible server: speaks the service's wire protocol, checks in its order, then asks a reader."""

from ocr_integration.server.app import Reader
from ocr_integration.server.front import create_app

__all__ = ["Reader", "create_app"]
