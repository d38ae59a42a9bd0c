"""What a card payment leaves on a document."""

from qbo_emulator.tables.fields import Field
from qbo_emulator.tables.rows import OBJECT

CHARGE = (
    "Type", "NameOnAcct", "BillAddrStreet", "PostalCode", "CcExpiryMonth", "CcExpiryYear", "Amount", "ProcessPayment",
    "Number", "CommercialCardCode", "CCTxnMode", "CCTxnType", "PrevCCTransId",
)  # fmt: skip
CHECKS = {"Number": "card"}
CHARGED = ("CCTransId", "AuthCode", "TxnAuthorizationTime", "TxnAuthorizationStamp", "Status", "PaymentGroupingCode")
CREDIT_CARD_PAYMENT = Field(
    "CreditCardPayment",
    OBJECT,
    fields=(
        Field(
            "CreditChargeInfo",
            OBJECT,
            fields=tuple(Field(name, limit=100, check=CHECKS.get(name, "")) for name in CHARGE),
        ),
        Field("CreditChargeResponse", OBJECT, fields=tuple(Field(name, limit=100) for name in CHARGED)),
    ),
)
