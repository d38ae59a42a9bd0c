"""Three companies with sales tax: automated, classic, and one in Canada with several currencies."""

from typing import Any

from qbo_emulator.sample.address import address

AUTOMATED, CLASSIC, ABROAD = "4620816365000000033", "4620816365000000044", "4620816365000000055"

_PAYABLE = (("Sales Tax Payable", "Other Current Liability", "SalesTaxPayable"),)

COMPANIES: tuple[dict[str, Any], ...] = (
    {
        "realm": AUTOMATED,
        "name": "Larkspur Trail Gear Inc",
        "email": "ledger@larkspurgear.example",
        "industry": "Sporting goods wholesale",
        "address": address("1420 Foundry Way", "Denver", "CO", "80205"),
        "taxes": {"UsingSalesTax": True, "PartnerTaxEnabled": True},
        "accounts": _PAYABLE,
        "customers": (
            ("Lantern Street Bikes", "shop@lanternbikes.example", address("55 Halsted Row", "Chicago", "IL", "60607"),
             "Net 30"),
            ("Summit & Sons", "orders@summitsons.example", address("801 Larimer Court", "Denver", "CO", "80204"), None),
            ("Sound Paddle Club", "hello@soundpaddle.example", address("12 Ferry Lane", "Seattle", "WA", "98104"),
             "Net 15"),
            ("Hudson Outdoor Shop", None, address("240 Mercer Alley", "New York", "NY", "10012"), None),
            ("Rose City Hikers", "crew@rosecityhikers.example", address("6 Alder Path", "Portland", "OR", "97205"),
             None),
            ("Fox Hollow School", "office@foxhollow.example", address("3 Prairie Road", "Springfield", "IL", "62701"),
             "Net 30"),
        ),
        "more": {
            "Fox Hollow School": {"TaxExemptionReasonId": "7"},
            "Trail Map Set": {"Taxable": False},
        },
        "closed_customer": "Gravel Depot",
        "vendors": (("Cottonwood Textiles", "sales@cottonwood.example"),),
        "items": (
            ("Two-Person Tent", "TENT-2", "Tent for two, three seasons", "189.00", "96.40"),
            ("Camp Stove", "STOVE-1", "Gas stove with one burner", "54.95", "27.10"),
            ("Trail Map Set", "MAP-SET", "Printed maps, set of four", "18.00", "6.75"),
        ),
        "closed_item": ("Steel Canteen", "CANTEEN-OLD", "14.50"),
        "services": (("Guided Walk", "120.00"),),
        "invoices": (
            ("Lantern Street Bikes", "LT-3001", (("Two-Person Tent", "2"), ("Trail Map Set", "5"))),
            ("Rose City Hikers", "LT-3002", (("Camp Stove", "4"),)),
        ),
    },
    {
        "realm": CLASSIC,
        "name": "Copper Kettle Kitchenware Co",
        "email": "accounts@copperkettle.example",
        "industry": "Housewares",
        "address": address("77 Mill Street", "Spokane", "WA", "99201"),
        "taxes": {"UsingSalesTax": True},
        "accounts": _PAYABLE,
        "customers": (
            ("Riverbend Inn", "desk@riverbendinn.example", address("9 Falls Avenue", "Spokane", "WA", "99202"),
             "Net 30"),
            ("Aspen Street Diner", "eat@aspendiner.example", address("31 Aspen Street", "Boise", "ID", "83702"), None),
            ("Bright Spoon Resale", None, address("410 Depot Road", "Yakima", "WA", "98901"), None),
        ),
        "more": {
            "Bright Spoon Resale": {"Taxable": False, "ResaleNum": "WA-55010"},
            "Recipe Booklet": {"Taxable": False},
        },
        "closed_customer": "Tin Whisk Cafe",
        "vendors": (("Foundry Nine Metals", "orders@foundrynine.example"),),
        "items": (
            ("Copper Kettle 2L", "KETTLE-2", "Kettle of copper, two litres", "64.50", "31.00"),
            ("Cast Iron Pan", "PAN-26", "Pan of cast iron, 26 cm", "38.25", "17.80"),
            ("Recipe Booklet", "BOOK-1", "Forty recipes", "7.00", "2.10"),
        ),
        "closed_item": ("Tin Ladle", "LADLE-OLD", "6.00"),
        "services": (("Knife Sharpening", "9.50"),),
        "invoices": (
            ("Riverbend Inn", "CK-4001", (("Copper Kettle 2L", "3"), ("Recipe Booklet", "3"))),
            ("Bright Spoon Resale", "CK-4002", (("Cast Iron Pan", "12"),)),
        ),
    },
    {
        "realm": ABROAD,
        "name": "Cedar & Tide Paperworks Ltd",
        "email": "bureau@cedartide.example",
        "country": "CA",
        "industry": "Stationery",
        "address": address("118 Tidewater Lane", "Vancouver", "BC", "V6B 1A1", "CAN"),
        "taxes": {"UsingSalesTax": True},
        "accounts": (("GST/HST Payable", "Other Current Liability", "GlobalTaxPayable"),),
        "currencies": {"MultiCurrencyEnabled": True, "HomeCurrency": {"value": "CAD", "name": "Canadian Dollar"}},
        "customers": (
            ("Granville Stationers", "pay@granvillestationers.example",
             address("5 Kingfisher Street", "Vancouver", "BC", "V5T 1B2", "CAN"), "Net 30"),
            ("Lakehead Office Supply", "ap@lakeheadoffice.example",
             address("60 Birch Crescent", "Thunder Bay", "ON", "P7A 1C3", "CAN"), None),
            ("Quill & Harbor", "books@quillharbor.example", address("14 Dock Street", "Bellingham", "WA", "98225"),
             "Net 15"),
            ("Papeterie Étoile", "bonjour@papeterie-etoile.example",
             address("8 rue des Tilleuls", "Lyon", "ARA", "69002", "FRA"), None),
            ("星野文具店", "info@hoshino.example", address("3-1 Kita", "Sapporo", "Hokkaido", "060-0001", "JPN"), None),
        ),
        "more": {
            "Quill & Harbor": {"CurrencyRef": {"value": "USD"}},
            "Papeterie Étoile": {"CurrencyRef": {"value": "EUR"}},
            "星野文具店": {"CurrencyRef": {"value": "JPY"}},
            "CT-5002": {"CurrencyRef": {"value": "USD"}},
        },
        "codes": {"Granville Stationers": "GST/PST BC", "Quill & Harbor": "Zero-rated"},
        "closed_customer": "Inkwell Press",
        "vendors": (("Northern Pulp Co-op", "sales@northernpulp.example"),),
        "items": (
            ("Letter Paper Ream", "PAPER-A", "Letter paper, 500 sheets", "12.40", "5.20"),
            ("Linen Notebook", "NOTE-L", "Notebook bound in linen", "21.00", "8.90"),
        ),
        "closed_item": ("Wax Seal", "SEAL-OLD", "4.00"),
        "services": (("Letterpress Hour", "65.00"),),
        "invoices": (
            ("Granville Stationers", "CT-5001", (("Letter Paper Ream", "10"), ("Linen Notebook", "4"))),
            ("Quill & Harbor", "CT-5002", (("Linen Notebook", "20"),)),
        ),
    },
)  # fmt: skip
