"""Reads a card on this machine: page, text lines, fields, machine-readable zone, portrait, warning signals.

Knows nothing of how specimens are drawn, of file names or of HTTP: labels, structure and pixels only.
"""

from ocr_integration.engine.errors import NoCardError, UnreadableImageError, WrongSideError
from ocr_integration.engine.examination import Examination, FieldEvidence
from ocr_integration.engine.reader import Engine

__all__ = ["Engine", "Examination", "FieldEvidence", "NoCardError", "UnreadableImageError", "WrongSideError"]
