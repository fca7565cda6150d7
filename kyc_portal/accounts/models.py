"""Who signs in, in which role, and the customer a sign-in belongs to; and the triggers of the library's tables."""

from __future__ import annotations

import secrets
import uuid
from typing import Any, ClassVar

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, Group
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from kyc_portal.audit import Actor
from kyc_portal.audit.triggers import RowAudit

# No vowels, no letter that looks like a digit: a reference is read out on the telephone.
_REFERENCE_ALPHABET = "23456789BCDFGHJKLMNPQRSTVWXZ"


def make_reference() -> str:
    """A random customer reference such as C-7KQ4M2; uniqueness is the database's."""
    return "C-" + "".join(secrets.choice(_REFERENCE_ALPHABET) for _each in range(6))


class Role(models.TextChoices):
    """What a person does here. One role a person: nobody can decide, set policy and export at once."""

    CUSTOMER = "customer", _("Customer")
    REVIEWER = "reviewer", _("Reviewer")
    SENIOR_REVIEWER = "senior_reviewer", _("Senior reviewer")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


STAFF_ROLES = frozenset(Role) - {Role.CUSTOMER}
# Who decides cases; who may look at the queue; who sees the business as a whole; who answers for what is kept.
DECIDING = frozenset({Role.REVIEWER, Role.SENIOR_REVIEWER})
QUEUE_READING = DECIDING | {Role.AUDITOR}
OVERSEEING = frozenset({Role.SENIOR_REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR})
KEEPING = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})


class UserManager(BaseUserManager["User"]):
    """Makes people; the address is the sign-in name, compared without case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """Somebody who signs in. Rights come from the role alone; there are no groups and no superusers."""

    email = models.EmailField(unique=True)
    display_name = models.CharField(max_length=100, blank=True)
    role = models.CharField(max_length=20, choices=Role, default=Role.CUSTOMER)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    # How this person likes the console (preferences.py); a change of it alone leaves no entry.
    preferences = models.JSONField(default=dict)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(name="a_persons_role_is_known", condition=Q(role__in=Role.values)),
        ]
        triggers = [
            RowAudit(
                plain=["id", "role", "is_active", "date_joined", "last_login"],
                hidden=["email", "display_name", "password"],
                quiet="preferences",
                subject=None,
            )
        ]

    @property
    def initials(self) -> str:
        """Two letters that stand for the person in lists."""
        return "".join(word[0] for word in self.display_name.split()[:2]).upper()

    @property
    def is_staff(self) -> bool:
        """Who may open `/admin/`: the administrator and, to look only, the auditor."""
        return self.role in KEEPING

    @property
    def works_here(self) -> bool:
        return self.role in STAFF_ROLES

    @property
    def is_superuser(self) -> bool:
        return False

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """The admin asks this: looking is all anybody may do there."""
        return self.is_active and self.is_staff and perm.rpartition(".")[2].startswith("view_")

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff

    def get_full_name(self) -> str:
        return self.display_name

    @property
    def actor(self) -> Actor:
        """Who this is to the audit log: staff by number and name, a customer by reference."""
        if self.works_here:
            return Actor(kind="staff", id=str(self.pk), label=self.display_name, role=self.role)
        customer = Customer.objects.filter(user=self).first()
        if customer is None:
            return Actor(kind="customer", id=f"user-{self.pk}", role=Role.CUSTOMER)
        return customer.actor


class Customer(models.Model):
    """The person a submission is about. Its id is the subject of audit entries and the owner of a data key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="customer")
    reference = models.CharField(max_length=12, unique=True, default=make_reference, editable=False)
    language = models.CharField(max_length=10, default="en")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        triggers = [RowAudit(plain=["id", "user_id", "reference", "language", "created_at"], subject="id")]

    @property
    def actor(self) -> Actor:
        return Actor(kind="customer", id=str(self.id), label=self.reference, role=Role.CUSTOMER)


class Session(AbstractBaseSession):
    """A browser's session, with the number of the person it belongs to; see `sessions`.

    No reference: the library writes it outside of any act, and the person's row may be locked by one.
    """

    person = models.BigIntegerField(null=True, db_index=True)

    @classmethod
    def get_session_store_class(cls) -> Any:
        return import_string(f"{settings.SESSION_ENGINE}.SessionStore")


class Invitation(models.Model):
    """A link that asks a customer to start. `reference` is the business's own; the token is kept as a digest only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    token_digest = models.CharField(max_length=64, unique=True)
    reference = models.CharField(max_length=40, blank=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_by = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="invitations", null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_used_invitation_says_who_and_when",
                condition=Q(used_by=None, used_at=None) | Q(used_by__isnull=False, used_at__isnull=False),
            )
        ]
        triggers = [
            RowAudit(
                plain=["id", "made_by_id", "made_at", "expires_at", "used_by_id", "used_at"],
                hidden=["token_digest", "reference"],
                subject="used_by_id",
            )
        ]


class AuditedEmailAddress(EmailAddress):
    """The library's addresses, with our trigger."""

    class Meta:
        proxy = True
        triggers = [RowAudit(plain=["id", "user_id", "verified", "primary"], hidden=["email"], subject=None)]


class AuditedEmailConfirmation(EmailConfirmation):
    """The library's confirmations, with our trigger."""

    class Meta:
        proxy = True
        triggers = [RowAudit(plain=["id", "email_address_id", "created", "sent"], hidden=["key"], subject=None)]


class AuditedAuthenticator(Authenticator):
    """The library's second factors, with our trigger."""

    class Meta:
        proxy = True
        triggers = [
            RowAudit(plain=["id", "user_id", "type", "created_at", "last_used_at"], hidden=["data"], subject=None)
        ]


class AuditedGroup(Group):
    """Django's groups, which nothing here uses: a change of them still leaves an entry."""

    class Meta:
        proxy = True
        triggers = [RowAudit(plain=["id", "name"], subject=None)]
