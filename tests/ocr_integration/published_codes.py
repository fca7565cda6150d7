"""The service's published codes and who must act on each, as its documentation lists them."""

from __future__ import annotations


def _named(prefix: str, names: str) -> list[str]:
    return [f"{prefix}.{name}" for name in names.split()]


_CUSTOMER = [
    *_named("FailedOperation", "ImageDecodeFailed ImageNoSpecifiedCard EmptyImageError ImageBlur ImageNoText"),
    *_named("FailedOperation", "ImageSizeTooLarge IdCardTooSmall MultiCardError CardSideError NotAppointCard"),
    *_named("FailedOperation", "UnKnowFileTypeError FileDecodeFailed DetectFailed"),
    "InvalidParameter.EngineImageDecodeFailed",
    *_named("InvalidParameterValue", "InvalidFileContentSize UnsupportedCard"),
]
_RETRY = [
    *_named("FailedOperation", "DownLoadError OcrFailed UnKnowError EngineRecognizeTimeout WarningServiceFailed"),
    "ResourceUnavailable.ImageDownloadError",
    "InternalError",
    "ServiceUnavailable",
    "ResourceUnavailable",
    "ResourceInsufficient",
    "ResourceInUse",
    "FailedOperation",
]
_THROTTLE = [
    "RequestLimitExceeded",
    *_named("RequestLimitExceeded", "UinLimitExceeded GlobalRegionUinLimitExceeded IPLimitExceeded"),
]
_CONFIG = [
    *_named("FailedOperation", "UnOpenError ArrearsError CountLimitError"),
    *_named("ResourceUnavailable", "InArrears ResourcePackageRunOut"),
    "ResourcesSoldOut.ChargeStatusException",
    *_named("AuthFailure", "SignatureExpire SignatureFailure SecretIdNotFound InvalidSecretId MFAFailure"),
    *_named("AuthFailure", "TokenFailure UnauthorizedOperation"),
    "AuthFailure",
    "UnauthorizedOperation",
    "IpInBlacklist",
    "IpNotInWhitelist",
    "ActionOffline",
    "UnsupportedRegion",
    "LimitExceeded",
]
_DEFECT = [
    "InvalidParameterValue.InvalidParameterValueLimit",
    "LimitExceeded.TooLargeFileError",
    "AuthFailure.InvalidAuthorization",
    "MissingParameter",
    "InvalidParameter",
    "InvalidParameterValue",
    "UnknownParameter",
    "InvalidRequest",
    "InvalidAction",
    "NoSuchVersion",
    "NoSuchProduct",
    "UnsupportedProtocol",
    "UnsupportedOperation",
    "ResourceNotFound",
    "ResponseSizeLimitExceeded",
    "DryRunOperation",
    "RequestSizeLimitExceeded",
]
PUBLISHED: dict[str, str] = {
    code: kind
    for kind, codes in {
        "customer": _CUSTOMER,
        "retry": _RETRY,
        "throttle": _THROTTLE,
        "config": _CONFIG,
        "defect": _DEFECT,
    }.items()
    for code in codes
}
