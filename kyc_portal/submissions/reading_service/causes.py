"""What the codes of failed calls say in words, and what an administrator looks at. For staff; customers see none of it.

The class of a code (ocr_integration.errors) decides what the portal does; this only tells people.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ocr_integration.errors import ErrorClass, class_of_code


@dataclass(frozen=True, slots=True)
class Cause:
    """A code in words, and what to look at; empty where nothing is to be done."""

    words: Promise | str
    look_at: Promise | str = ""


_KEY = Cause(_("The service does not know our key."), _("Look at OCR_SECRET_ID and OCR_SECRET_KEY."))
_BILLING = Cause(_("The account is out of money or calls."), _("Look at the account's billing."))
_AWAY = Cause(_("The service cannot be reached."), _("Look at OCR_ENDPOINT, the network, and our ocr process."))
_ADDRESS = Cause(_("Nothing of the service answers at this address."), _("Look at OCR_ENDPOINT."))

_OF_CODE: dict[str, Cause] = {
    "AuthFailure.SignatureExpire": Cause(
        _("The service says that our clock is off."), _("Look at this machine's clock: more than five minutes off.")
    ),
    "AuthFailure.SignatureFailure": _KEY,
    "AuthFailure.SecretIdNotFound": _KEY,
    "AuthFailure.InvalidSecretId": _KEY,
    "FailedOperation.ArrearsError": _BILLING,
    "FailedOperation.CountLimitError": _BILLING,
    "FailedOperation.UnOpenError": Cause(
        _("The service is not switched on for this account."), _("Switch it on in the provider's console.")
    ),
    "ResourceUnavailable.InArrears": _BILLING,
    "ResourceUnavailable.ResourcePackageRunOut": _BILLING,
    "ResourcesSoldOut.ChargeStatusException": _BILLING,
    "FailedOperation.OcrFailed": Cause(_("The service could not make out this picture.")),
    "IpInBlacklist": Cause(_("The service refuses our address."), _("Look at the account's list of addresses.")),
    "IpNotInWhitelist": Cause(_("The service refuses our address."), _("Look at the account's list of addresses.")),
    "UnsupportedRegion": Cause(_("The service is not offered in this region."), _("Look at OCR_REGION.")),
    "Transport.Timeout": Cause(
        _("No answer came within 15 seconds."), _("Look at the network and the service's state.")
    ),
    "Transport.ConnectionFailed": _AWAY,
    "Transport.Http5xx": _AWAY,
    "Transport.Http403": _ADDRESS,
    "Transport.Http404": _ADDRESS,
    "Transport.BadEndpoint": _ADDRESS,
    "Transport.Certificate": Cause(
        _("The service's certificate does not hold."), _("Look at OCR_ENDPOINT and the machine's certificates.")
    ),
    "Transport.BadAnswer": Cause(
        _("What answered is not the service."), _("Something stands in between, such as a proxy's page.")
    ),
    "Portal.DailyBudget": Cause(
        _("The day's calls are spent; it goes on at midnight in Hong Kong."), _("Raise OCR_CALLS_PER_DAY, or wait.")
    ),
    "Portal.Limiter": Cause(_("No place came free under the rate of the account.")),
    "Portal.PictureNotOpened": Cause(
        _("The picture could not be opened here."), _("Look at the picture store, its key, and MASTER_KEY.")
    ),
    "Portal.AnswerNotStored": Cause(
        _("An answer came that our tables cannot hold."), _("Report it with the scan's id from the worker's log.")
    ),
    "": Cause(_("It waits for calls to go on.")),
}
_OF_CLASS: dict[ErrorClass, Cause] = {
    ErrorClass.CUSTOMER: Cause(_("The picture must be taken again.")),
    ErrorClass.RETRY: Cause(_("The service had a fault of its own, which passes.")),
    ErrorClass.THROTTLE: Cause(
        _("The service says that calls come too fast."), _("OCR_CALLS_PER_SECOND is above what the account may.")
    ),
    ErrorClass.CONFIG: Cause(
        _("The account, the key or the address is refused."), _("Look the code up with the provider.")
    ),
    ErrorClass.DEFECT: Cause(_("The service refuses our request: a bug of ours."), _("Report it with the code.")),
}


def cause_of(code: str) -> Cause:
    """A code in words; one that has none of its own is told by its class."""
    return _OF_CODE.get(code) or _OF_CLASS[class_of_code(code)]
