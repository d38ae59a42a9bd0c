"""Money that comes in: payments and deposits."""

from qbo_emulator.tables.card_payment import CREDIT_CARD_PAYMENT
from qbo_emulator.tables.fields import Field
from qbo_emulator.tables.rows import BOOLEAN, DATE, INTEGER, LIST, MONEY, NUMBER, OBJECT
from qbo_emulator.tables.schema import Entity, read_only, reference

LINKED_TXN = Field(
    "LinkedTxn",
    LIST,
    java="LinkedTxn",
    fields=(Field("TxnId", limit=30), Field("TxnType", limit=40), Field("TxnLineId", limit=30)),
)
PAYMENT = Entity(
    "Payment",
    rules="payment",
    id_space="transaction",
    transaction=True,
    operations=frozenset({"delete", "void"}),
    printable=True,
    fields=(
        Field("TxnDate", DATE, query=True, sort=True, sticky=True),
        Field("PrivateNote", limit=4000),
        Field("PaymentRefNum", limit=21, query=True, sort=True),
        reference("CustomerRef", "Customer", query=True),
        reference("DepositToAccountRef", "Account", sticky=True),
        reference("ARAccountRef", "Account", sticky=True),
        reference("PaymentMethodRef", "PaymentMethod", query=True),
        reference("CurrencyRef", sticky=True, query=True),
        reference("ProjectRef", query=True),
        reference("TaxExemptionRef"),
        Field("ExchangeRate", NUMBER),
        Field("TotalAmt", MONEY, query=True),
        Field("TxnSource", limit=100),
        Field("TxnStatus", limit=100),
        Field("TransactionLocationType", limit=100),
        Field(
            "Line",
            LIST,
            java="Line",
            fields=(
                Field("Id", limit=30),
                Field("LineNum", INTEGER),
                Field("Description", limit=4000),
                Field("Amount", MONEY),
                Field("DetailType", limit=40),
                LINKED_TXN,
                *read_only("LineEx"),
            ),
        ),
        CREDIT_CARD_PAYMENT,
        Field("UnappliedAmt", MONEY, read_only=True),
        Field("ProcessPayment", BOOLEAN, read_only=True),
        *read_only("HomeTotalAmt", "LinkedTxn"),
    ),
)
DEPOSIT_LINE = (
    Field("Id", limit=30),
    Field("LineNum", INTEGER),
    Field("Description", limit=4000),
    Field("Amount", MONEY),
    Field("DetailType", limit=40),
    LINKED_TXN,
    Field(
        "DepositLineDetail",
        OBJECT,
        fields=(
            reference("Entity"),
            reference("AccountRef", "Account"),
            reference("ClassRef"),
            reference("PaymentMethodRef", "PaymentMethod"),
            reference("TaxCodeRef"),
            Field("CheckNum", limit=21),
            Field("TxnType", limit=40),
            Field("TaxApplicableOn", limit=40),
        ),
    ),
    *read_only("CustomField", "LineEx", "DepositToAccountRef"),
)
DEPOSIT = Entity(
    "Deposit",
    rules="deposit",
    id_space="transaction",
    transaction=True,
    lenient=True,
    operations=frozenset({"delete"}),
    fields=(
        Field("DocNumber", limit=21, query=True, sort=True, sticky=True),
        Field("TxnDate", DATE, query=True, sort=True, sticky=True),
        Field("PrivateNote", limit=4000),
        reference("DepositToAccountRef", "Account", query=True),
        reference("DepartmentRef"),
        reference("CurrencyRef", sticky=True, query=True),
        Field("ExchangeRate", NUMBER),
        Field("GlobalTaxCalculation", choices=("TaxExcluded", "TaxInclusive", "NotApplicable")),
        Field("Line", LIST, java="Line", required=True, fields=DEPOSIT_LINE),
        Field(
            "CashBack",
            OBJECT,
            java="CashBackInfo",
            fields=(reference("AccountRef", "Account"), Field("Amount", MONEY), Field("Memo", limit=4000)),
        ),
        Field("TotalAmt", MONEY, read_only=True, query=True),
        Field("TxnSource", limit=100),
        Field("TxnStatus", limit=100),
        *read_only("HomeTotalAmt", "AttachableRef", "TxnTaxDetail", "RecurDataRef"),
    ),
)

TABLES: tuple[Entity, ...] = (PAYMENT, DEPOSIT)
