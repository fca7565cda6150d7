"""What may go wrong with a call, split by who must act. The service's codes decide, never its messages.

ServiceError
├── CustomerError   the picture must be taken again
├── RetryError      transient: nobody must act, try later
├── ThrottleError   too fast: wait for a new second, slow the shared limiter
├── ConfigError     account, key, clock, billing, address: an operator must act, submissions wait
└── DefectError     our request is wrong: a bug, never retried
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class ErrorClass(StrEnum):
    """Who must act."""

    CUSTOMER = "customer"
    RETRY = "retry"
    THROTTLE = "throttle"
    CONFIG = "config"
    DEFECT = "defect"


class ServiceError(Exception):
    """A call that failed. `request_id` is what support asks for; empty when no answer came.

    The message holds the code only: the service's own text varies with language and is for people. `finer_code` is a
    code of the same class that says more than the published one; only our own server names it, to who asks.
    """

    error_class: ClassVar[ErrorClass]
    retryable: ClassVar[bool] = False

    def __init__(
        self, code: str, request_id: str = "", message: str = "", *, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.request_id = request_id
        self.message = message
        self.retry_after_seconds = retry_after_seconds
        self.finer_code = ""


class CustomerError(ServiceError):
    """The picture must be taken again."""

    error_class = ErrorClass.CUSTOMER


class RetryError(ServiceError):
    """Transient: try later."""

    error_class = ErrorClass.RETRY
    retryable = True


class ThrottleError(ServiceError):
    """Too fast: wait for a new second and slow down."""

    error_class = ErrorClass.THROTTLE
    retryable = True


class ConfigError(ServiceError):
    """An operator must act; the customer has done nothing wrong."""

    error_class = ErrorClass.CONFIG


class DefectError(ServiceError):
    """Our request is wrong; trying again would fail again."""

    error_class = ErrorClass.DEFECT


_TYPES: dict[ErrorClass, type[ServiceError]] = {
    kind.error_class: kind for kind in (CustomerError, RetryError, ThrottleError, ConfigError, DefectError)
}


def _codes(prefix: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{prefix}.{name}" if name else prefix for name in names)


# The published table. A name of "" is the bare code of its prefix.
_TABLE: dict[ErrorClass, tuple[str, ...]] = {
    ErrorClass.CUSTOMER: (
        *_codes(
            "FailedOperation",
            "ImageDecodeFailed", "ImageNoSpecifiedCard", "EmptyImageError", "ImageBlur", "ImageNoText",
            "ImageSizeTooLarge", "IdCardTooSmall", "MultiCardError", "CardSideError", "NotAppointCard",
            "UnKnowFileTypeError", "FileDecodeFailed", "DetectFailed",
        ),
        "InvalidParameter.EngineImageDecodeFailed",
        *_codes("InvalidParameterValue", "InvalidFileContentSize", "UnsupportedCard"),
    ),
    ErrorClass.RETRY: (
        *_codes(
            "FailedOperation",
            "", "DownLoadError", "OcrFailed", "UnKnowError", "EngineRecognizeTimeout", "WarningServiceFailed",
        ),
        *_codes("ResourceUnavailable", "", "ImageDownloadError"),
        "InternalError", "ServiceUnavailable", "ResourceInsufficient", "ResourceInUse",
        *_codes("Transport", "", "Timeout", "ConnectionFailed", "BadAnswer", "Http5xx", "Http429", "HttpOther"),
    ),
    ErrorClass.THROTTLE: _codes(
        "RequestLimitExceeded", "", "UinLimitExceeded", "GlobalRegionUinLimitExceeded", "IPLimitExceeded"
    ),
    ErrorClass.CONFIG: (
        *_codes("FailedOperation", "UnOpenError", "ArrearsError", "CountLimitError"),
        *_codes("ResourceUnavailable", "InArrears", "ResourcePackageRunOut"),
        "ResourcesSoldOut.ChargeStatusException", "ResourcesSoldOut",
        *_codes(
            "AuthFailure",
            "", "SignatureExpire", "SignatureFailure", "SecretIdNotFound", "InvalidSecretId", "MFAFailure",
            "TokenFailure", "UnauthorizedOperation",
        ),
        "UnauthorizedOperation", "IpInBlacklist", "IpNotInWhitelist", "ActionOffline", "UnsupportedRegion",
        "LimitExceeded",
        *_codes("Transport", "Http403", "Http404", "Certificate", "BadEndpoint"),
    ),
    ErrorClass.DEFECT: (
        "InvalidParameterValue.InvalidParameterValueLimit", "LimitExceeded.TooLargeFileError",
        "AuthFailure.InvalidAuthorization", "MissingParameter", "InvalidParameter", "InvalidParameterValue",
        "UnknownParameter", "InvalidRequest", "InvalidAction", "NoSuchVersion", "NoSuchProduct", "UnsupportedProtocol",
        "UnsupportedOperation", "ResourceNotFound", "ResponseSizeLimitExceeded", "DryRunOperation",
        "RequestSizeLimitExceeded",
    ),
}  # fmt: skip
CLASSES: dict[str, ErrorClass] = {code: kind for kind, codes in _TABLE.items() for code in codes}


def class_of_code(code: str) -> ErrorClass:
    """Who must act on a code; an unknown one falls to the part before its dot, and to "retry" beyond that."""
    return CLASSES.get(code) or CLASSES.get(code.partition(".")[0], ErrorClass.RETRY)


def error_for_code(
    code: str, request_id: str = "", message: str = "", *, retry_after_seconds: float | None = None
) -> ServiceError:
    """The error of a code, in the type its class asks for. "Too fast" asks for a new second where it says nothing."""
    kind = class_of_code(code)
    if kind is ErrorClass.THROTTLE and retry_after_seconds is None:
        retry_after_seconds = 1.0
    return _TYPES[kind](code, request_id, message, retry_after_seconds=retry_after_seconds)
