"""Settings of the sign-in library, as plain constants that settings.py takes over."""

ACCOUNT_ADAPTER = "kyc_portal.accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
# The password may be left out, and our page does not ask for one; without it here the sign-in page would lose its own.
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_ADAPTER = "kyc_portal.accounts.adapters.FactorAdapter"
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {"login_webauthn": "kyc_portal.accounts.passkey_forms.SignInByPasskeyForm"}
MFA_TOTP_ISSUER = "Permit Desk"
# A code typed in its last second arrives after it: one step either way counts, as RFC 6238 section 5.2 advises.
MFA_TOTP_TOLERANCE = 1
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "accounts-home"
# Where nobody is known: who came in by a code has no password to sign in with.
ACCOUNT_LOGOUT_REDIRECT_URL = "account_request_login_code"
