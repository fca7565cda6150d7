"""The whole published table of codes, each in its class, written out a second time as the spec has it."""

from __future__ import annotations

import pickle

import pytest

from ocr_integration.errors import (
    CLASSES,
    ConfigError,
    CustomerError,
    DefectError,
    ErrorClass,
    RetryError,
    ServiceError,
    ThrottleError,
    class_of_code,
    error_for_code,
)
from tests.ocr_integration.published_codes import PUBLISHED

TYPES = {
    ErrorClass.CUSTOMER: CustomerError,
    ErrorClass.RETRY: RetryError,
    ErrorClass.THROTTLE: ThrottleError,
    ErrorClass.CONFIG: ConfigError,
    ErrorClass.DEFECT: DefectError,
}


@pytest.mark.parametrize(("code", "kind"), PUBLISHED.items())
def test_every_published_code_is_an_error_of_its_class(code: str, kind: str) -> None:
    error = error_for_code(code, "a-request")
    assert type(error) is TYPES[ErrorClass(kind)]
    assert (error.code, error.request_id, error.error_class) == (code, "a-request", kind)


def test_the_table_knows_no_code_that_is_not_published_but_those_of_the_transport() -> None:
    own = {code for code in CLASSES if not code.startswith("Transport")}
    assert own - set(PUBLISHED) == {"ResourcesSoldOut"}  # the bare prefix of a published code


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AuthFailure.SomethingNew", "config"),
        ("InvalidParameterValue.SomethingNew", "defect"),
        ("FailedOperation.SomethingNew", "retry"),
        ("RequestLimitExceeded.SomethingNew", "throttle"),
        ("LimitExceeded.SomethingNew", "config"),
        ("Unheard.Of", "retry"),
        ("Unheard", "retry"),
        ("", "retry"),
    ],
)
def test_an_unknown_code_falls_to_the_part_before_its_dot_and_then_to_retry(code: str, kind: str) -> None:
    assert class_of_code(code) is ErrorClass(kind)


def test_only_transient_errors_are_retryable() -> None:
    assert {kind for kind, error in TYPES.items() if error.retryable} == {ErrorClass.RETRY, ErrorClass.THROTTLE}


def test_too_fast_asks_for_a_new_second() -> None:
    assert error_for_code("RequestLimitExceeded").retry_after_seconds == 1.0
    assert error_for_code("InternalError").retry_after_seconds is None


def test_an_error_says_its_code_and_not_the_services_words() -> None:
    assert str(error_for_code("InternalError", "r", "text of the service")) == "InternalError"


def test_an_error_keeps_its_facts_between_processes() -> None:
    error: ServiceError = pickle.loads(pickle.dumps(error_for_code("AuthFailure", "r", "m")))
    assert (type(error), error.code, error.request_id, error.message) == (ConfigError, "AuthFailure", "r", "m")
