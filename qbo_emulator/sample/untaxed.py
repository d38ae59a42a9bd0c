"""The two companies without sales tax, whose books other tests know by heart: they stay as they are."""

from typing import Any

from qbo_emulator.sample.address import address

COMPANIES: tuple[dict[str, Any], ...] = (
    {
        "realm": "4620816365000000011",
        "name": "Harbor & Pine Provisions LLC",
        "email": "books@harborandpine.example",
        "address": address("210 Wharf Street", "Portland", "ME", "04101"),
        "customers": (
            ("Juniper Market", "orders@junipermarket.example", address("18 Elm Street", "Burlington", "VT", "05401"),
             "Net 15"),
            ("Saltbox Cafe", "hello@saltboxcafe.example", address("4 Beacon Road", "Salem", "MA", "01970"), "Net 30"),
            ("O'Malley's Grocery", "office@omalleys.example", address("77 Canal Street", "Providence", "RI", "02903"),
             None),
            ("Blue Door Bistro", None, address("9 Harbor Lane", "Camden", "ME", "04843"), "Due on receipt"),
        ),
        "closed_customer": "Old Mill Deli",
        "vendors": (("Cedar Farm Supply", "sales@cedarfarm.example"), ("Coastal Freight Co", None)),
        "items": (
            ("Trail Mix (Classic)", "TM-CLASSIC", "Trail mix with almonds, raisins and cashews", "6.50", "3.10"),
            ("Dried Apricots 1lb", "DA-1LB", "Dried apricots, one pound", "8.25", "4.40"),
            ("Maple Roasted Pecans", "PEC-MAPLE", "Pecans roasted with maple syrup", "11.00", "6.20"),
        ),
        "closed_item": ("Holiday Gift Tin", "TIN-HOLIDAY", "24.00"),
        "services": (("Delivery", "12.00"), ("Consulting Hours", "85.00")),
        "invoices": (
            ("Juniper Market", "HP-1001", (("Trail Mix (Classic)", "24"), ("Dried Apricots 1lb", "6"))),
            ("Saltbox Cafe", "HP-1002", (("Maple Roasted Pecans", "10"), ("Delivery", "1"))),
        ),
    },
    {
        "realm": "4620816365000000022",
        "name": "Northwind Pantry Inc",
        "email": "accounts@northwindpantry.example",
        "address": address("1450 Lake Avenue", "Duluth", "MN", "55802"),
        "customers": (
            ("Prairie Co-op", "buying@prairiecoop.example", address("300 Main Street", "Fargo", "ND", "58102"),
             "Net 30"),
            ("Lakeside Foods", "ap@lakesidefoods.example", address("62 Shore Drive", "Madison", "WI", "53703"), None),
        ),
        "closed_customer": "Granary Wholesale",
        "vendors": (("Twin Rivers Packaging", "orders@twinrivers.example"),),
        "items": (
            ("Rolled Oats 5lb", "OATS-5", "Rolled oats, five pounds", "7.75", "3.60"),
            ("Sunflower Seeds 2lb", "SUN-2", "Sunflower seeds, two pounds", "5.40", "2.35"),
        ),
        "closed_item": ("Pancake Mix", "PAN-OLD", "4.95"),
        "services": (("Delivery", "15.00"),),
        "invoices": (("Prairie Co-op", "NP-2001", (("Rolled Oats 5lb", "40"),)),),
    },
)  # fmt: skip
