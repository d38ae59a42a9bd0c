"""The tax service, which makes tax codes, and reads of the codes that are no objects."""

from collections.abc import Callable, Mapping

from qbo_emulator.api import objects
from qbo_emulator.api.asked import Answer, Asked
from qbo_emulator.rules.tax.codes import pseudo_codes
from qbo_emulator.rules.tax.lists import create_code
from qbo_emulator.rules.tax.regime import abroad
from qbo_emulator.tables.fields import Reader
from qbo_emulator.tables.tax import TAX_SERVICE
from qbo_emulator.wire import dumps

_FIELDS = {field.name: field for field in TAX_SERVICE}


def create(asked: Asked) -> Answer:
    """POST /taxservice/taxcode: a code, its rates new or existing. The answer has no envelope."""
    if [part.lower() for part in asked.parts] != ["taxservice", "taxcode"]:
        raise objects.no_resource(asked)
    books = asked.books
    reader = Reader(unicode=books.switches.unicode or abroad(books))
    given = reader.members(_FIELDS, "TaxService", asked.payload())
    return Answer(dumps(create_code(books, given)))


def read_code(asked: Asked) -> Answer:
    """GET /taxcode/<id>, in the US also TAX, NON and CustomSalesTax."""
    if len(asked.parts) == 2:
        for code in pseudo_codes(asked.books):
            if code["Id"] == asked.parts[1]:
                return asked.envelope({"TaxCode": code})
    return objects.read(asked)


RESOURCES: Mapping[tuple[str, str], Callable[[Asked], Answer]] = {
    ("POST", "taxservice"): create,
    ("GET", "taxcode"): read_code,
}
ACTIONS: Mapping[tuple[str, str], Callable[[Asked], Answer]] = {}
