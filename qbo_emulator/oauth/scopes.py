"""What an app can ask for, and how the consent page says it."""

from collections.abc import Mapping

ACCOUNTING = "com.intuit.quickbooks.accounting"
OPENID = "openid"

# Scopes that an ordinary app may have; the restricted ones are refused, as they are for an app that did not apply.
SCOPES: Mapping[str, str] = {
    ACCOUNTING: "Read and change the accounting data of the company",
    "com.intuit.quickbooks.payment": "Take payments by card and bank transfer",
    OPENID: "Know who you are",
    "profile": "See your name",
    "email": "See your e-mail address",
    "phone": "See your phone number",
    "address": "See your postal address",
}
