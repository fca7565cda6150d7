"""What each rule and each of its answers reads as on screen. No sentence quotes a personal value."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TITLES: dict[str, Promise] = {
    "type_allowed": _("Permit type accepted"),
    "type_declared": _("Permit is the one declared"),
    "number_grammar": _("Number fits its type"),
    "number_elsewhere": _("Number on another customer"),
    "dates_plausible": _("Dates plausible"),
    "not_expired": _("Not expired"),
    "validity_span": _("Validity usual for the age"),
    "required_fields": _("Required fields present"),
    "front_agrees_with_back": _("Front agrees with back"),
    "renewal_chain": _("Earlier number is the same holder's"),
    "zone_agrees": _("Machine-readable line agrees with print"),
    "picture_elsewhere": _("Picture on another customer"),
    "confirmation_agrees": _("Customer confirmed what was read"),
    "forgery_tested": _("Forgery tests ran"),
}

SENTENCES: dict[str, Promise] = {
    "type_not_read": _("The permit type was not read"),
    "type_unknown": _("The printed type is none we know"),
    "type_not_accepted": _("This permit is read, but the policy does not accept it"),
    "type_accepted": _("Accepted by the policy"),
    "type_as_declared": _("As the customer declared"),
    "type_differs": _("Another permit than the customer declared"),
    "front_not_read": _("The front was not read"),
    "fields_missing": _("Some required fields were not read"),
    "fields_present": _("All required fields were read"),
    "number_not_read": _("The number was not read"),
    "number_malformed": _("The number has no form of its type"),
    "number_fits": _("The number has a form of its type"),
    "number_on_another_customer": _("Another customer has the same life number"),
    "number_only_here": _("No other customer has this life number"),
    "dates_not_read": _("A date was not read"),
    "dates_unclear": _("A date could not be understood"),
    "dates_out_of_order": _("Birth, issue and expiry are not in order"),
    "dates_in_order": _("Birth, issue and expiry are in order"),
    "validity_unclear": _("The validity could not be understood"),
    "open_ended": _("Valid without an end"),
    "expired": _("The permit has run out"),
    "expires_soon": _("The permit runs out soon, as the policy counts it"),
    "valid_today": _("Valid today in Hong Kong"),
    "span_usual": _("As long as such permits are issued for"),
    "span_unusual": _("Valid for longer than such a permit is issued at that age"),
    "chain_not_read": _("The number, or the back, was not read"),
    "chain_unclear": _("One of the two numbers has no form of its type"),
    "no_earlier_number": _("No earlier number was read"),
    "chain_holds": _("The earlier number has the same digits for life"),
    "chain_broken": _("The earlier number belongs to somebody else"),
    "no_back": _("This permit has no back to compare"),
    "back_not_read": _("The back, or a name, was not read"),
    "sides_agree": _("Both sides carry one name"),
    "sides_differ": _("The two sides carry different names"),
    "no_zone_on_this_card": _("This permit has no machine-readable line"),
    "zone_not_read": _("No machine-readable line was read, or the service tells none"),
    "zone_not_comparable": _("Nothing that the line says was read in print"),
    "zone_says_the_same": _("The line says what is printed"),
    "zone_differs": _("The line says something else than is printed"),
    "picture_on_another_customer": _("Another customer sent this very picture"),
    "near_same_on_another_customer": _("Another customer sent this picture, resized, compressed or turned"),
    "picture_only_here": _("No other customer sent these pictures"),
    "picture_not_compared": _("A picture could not be compared with those of others"),
    "not_confirmed": _("The customer did not answer in time"),
    "not_asked_to_confirm": _("The customer was not asked: nothing complete was read"),
    "customer_differs": _("The customer says another value"),
    "customer_confirmed": _("The customer confirmed every field"),
    "forgery_tests_ran": _("The service tested every picture"),
    "forgery_tests_did_not_run": _("The service did not test every picture"),
}

# Which fields a rule is about: a failed rule shows at each of them.
FIELDS: dict[str, tuple[str, ...]] = {
    "type_allowed": ("type",),
    "type_declared": ("type",),
    "number_grammar": ("number",),
    "number_elsewhere": ("number",),
    "dates_plausible": ("birthday", "valid_date"),
    "not_expired": ("valid_date",),
    "front_agrees_with_back": ("name", "back_name"),
    "renewal_chain": ("back_history_number",),
}

# What a failed rule is called beside a field, in one word.
FAILED_AT_FIELD: dict[str, Promise] = {
    "type_allowed": _("Not accepted"),
    "type_declared": _("Not declared"),
    "number_grammar": _("Malformed"),
    "number_elsewhere": _("Elsewhere"),
    "dates_plausible": _("Implausible"),
    "not_expired": _("Run out"),
    "front_agrees_with_back": _("Differs"),
    "renewal_chain": _("Not theirs"),
}
