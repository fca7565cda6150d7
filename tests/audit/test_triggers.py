"""A model's columns are each named in exactly one class, or the trigger is not made."""

import pytest
from django.apps import apps
from django.db import models

from kyc_portal.audit.triggers import AuditSqlV1, RowAudit
from kyc_portal.sealing.models import CustomerKey

COLUMNS = ["id", "customer", "version", "master_id"]


def compiled(
    *, plain: list[str], hidden: list[str] | None = None, sealed: list[str] | None = None, subject: str = "customer"
) -> str:
    trigger = RowAudit(plain=plain, hidden=hidden or [], sealed=sealed or [], subject=subject)
    return str(trigger.compile(CustomerKey).install_sql)


def test_a_forgotten_column_is_named():
    with pytest.raises(ValueError, match=r"sealing.CustomerKey.*\['wrapped'\]"):
        compiled(plain=COLUMNS)


def test_a_column_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match=r"\['colour'\]"):
        compiled(plain=COLUMNS, hidden=["wrapped", "colour"])


def test_a_column_in_two_classes_is_named():
    with pytest.raises(ValueError, match="wrapped stands in two classes"):
        compiled(plain=[*COLUMNS, "wrapped"], hidden=["wrapped"])


def test_only_bytes_can_be_sealed():
    with pytest.raises(ValueError, match="master_id is no ciphertext"):
        compiled(plain=["id", "customer", "version"], hidden=["wrapped"], sealed=["master_id"])


def test_the_installed_sql_is_ours_and_has_no_bypass():
    text = compiled(plain=COLUMNS, hidden=["wrapped"])
    assert "pgtrigger.ignore" not in text
    assert "_pgtrigger_should_ignore" not in text
    assert "SECURITY DEFINER" in text
    assert text.count("ENABLE ALWAYS TRIGGER") == 2


def test_a_subject_may_be_found_by_sql():
    text = compiled(plain=COLUMNS, hidden=["wrapped"], subject="SELECT c FROM public.t WHERE i = {row}.customer")
    assert "s := (SELECT c FROM public.t WHERE i = NEW.customer)" in text
    assert "s := (SELECT c FROM public.t WHERE i = OLD.customer)" in text


def test_every_trigger_of_the_project_is_made_by_our_template():
    made = [
        trigger.compile(model).sql
        for model in apps.get_models(include_auto_created=True)
        for trigger in getattr(model._meta, "triggers", [])
    ]
    assert made
    assert all(type(sql) is AuditSqlV1 for sql in made)


def test_no_name_address_or_password_column_is_recorded_in_clear():
    shown = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for trigger in getattr(model._meta, "triggers", [])
        for field in model._meta.concrete_fields
        if trigger.classes.get(field.column) == "plain"
        and (isinstance(field, models.EmailField) or field.name in {"name", "display_name", "password", "secret"})
    }
    assert shown == {"accounts.AuditedGroup.name"}  # of a group, not of a person
