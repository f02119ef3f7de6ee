"""The law of every route: who gets in, and what they get. `test_access.py` holds the hub to it."""

from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

from chargehub.jurisdictions.book import shipped
from tests.listings.photographs import photo

OWN = 0  # a stranger gets what is the stranger's own, here nothing
WHERE = {"latitude": 59.9, "longitude": 10.7, "time_zone": "Europe/Oslo"}
SLOT = {"starts_at": "2026-03-10T10:00:00Z", "ends_at": "2026-03-10T11:00:00Z"}
SERIES = {"starts_at": "2026-03-11T10:00:00Z", "ends_at": "2026-03-11T11:00:00Z"}
TARIFF = {
    "name": "Night",
    "currency": "EUR",
    "vat_percent": "19",
    "components": [{"kind": "energy", "per_kwh": "0.30"}],
}
EVSES = [{"number": 1, "power_w": 11_000, "connectors": [{"number": 1, "type": "IEC_62196_T2"}]}]
STATION = {"location_id": "{location_id}", "evses": EVSES}
LISTING = {"tariff_id": "{tariff_id}", "opening_hours": "24/7"}
CONNECTION = {"fuse_a": 32, "stations": []}
CREDENTIALS = {"email": "driver@example.org", "password": "correct horse"}
NEWCOMER = {"email": "new@example.org", "password": "correct horse", "name": "New"}
GROUP = {"name": "Street", "tariff_id": "{tariff_id}"}
SUNNY = {"by": "base", "solar_discount_percent": "20"}
ESTIMATE = {"month": "2026-03", "tariff_id": "{tariff_id}"}
COSTS = {"currency": "EUR", "grid": [{"kind": "energy", "per_kwh": "0.30"}]}
STATUS = {"status": "blocked"}
BLOCK = {
    "kind": "blackout",
    "times": {"starts_at": "2026-09-01T10:00:00Z", "ends_at": "2026-09-08T10:00:00Z"},
}
TWO_DAYS = "?from=2026-03-10T00:00:00Z&to=2026-03-12T00:00:00Z"
LATER = "2026-03-03T19:30:00Z"
GUEST_LATER = "2026-03-03T21:30:00Z"
NEED = (
    "?energy_wh=20000&power_w=11000&time_zone=Europe/Oslo"
    "&from=2026-03-10T10:00:00Z&to=2026-03-10T14:00:00Z"
)
METER_KEY = (
    "3059301306072A8648CE3D020106082A8648CE3D030107034200046B17D1F2E12C4247F8BCE6E563A440F277037D81"
    "2DEB33A0F4A13945D898C2964FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"
)  # the base point of secp256r1: nobody's
DISPUTE = {
    "session_id": "{closed_session_id}",
    "kind": "price",
    "amount": {"amount_minor": 100, "currency": "EUR"},
    "statement": "Too much.",
}
EUROS = {"currency": "EUR"}
NO_DISPUTE = {"dispute_id": "guessed"}
PARTY = {"name": "Kari Nordmann", "address": "Kirkeveien 5, 0155 Oslo", "country": "NO"}
ENTITY = {**PARTY, "name": "Hub AS", "time_zone": "Europe/Oslo"}
PDF = 200 if find_spec("weasyprint") else 501  # an extra
CORRECTION = {"energy_wh": 29_000, "reason": "The meter was wrong."}


@dataclass(frozen=True)
class Row:
    """A route's law. `who` is its role in OpenAPI; `rightful` the person whose thing is asked for.

    `done` is what the rightful get; `stranger` what another logged-in person gets, or OWN. `body`,
    `file` and `ids` are what is asked with; {names} in them are ids of the busy hub.
    """

    who: str
    rightful: str = "owner"
    done: int = 200
    stranger: int = 404
    body: Any = None
    file: bytes = b""
    ids: dict[str, str] = field(default_factory=dict)
    query: str = ""


ROUTES = {  # what ends a login, a key or a listing stands after what needs it
    "GET /healthz": Row("anybody"),
    "GET /readyz": Row("anybody"),
    "GET /metrics": Row("anybody"),
    "GET /ledger/audit": Row("anybody"),
    "GET /.well-known/chargehub-receipt-keys.json": Row("anybody"),
    "GET /evses": Row("anybody", query="?latitude=59.9139&longitude=10.7522"),
    "GET /evses/{evse_id}": Row("anybody"),
    "GET /evses/{evse_id}/calendar": Row("anybody", query=TWO_DAYS),
    "GET /calendar-feeds/{token}.ics": Row("anybody", done=404, ids={"token": "guessed"}),
    "GET /evses/stream": Row("anybody", done=404, query="?evse_id=nowhere"),
    "GET /maps/evses": Row("anybody", query="?south=59.8&west=10.6&north=60&east=10.9"),
    "GET /journeys/evses": Row("anybody", query="?points=59.9139,10.7522;60.39,5.32"),
    "POST /accounts": Row("anybody", done=201, body=NEWCOMER),
    "POST /logins": Row("anybody", done=201, body=CREDENTIALS),
    "POST /email-verifications": Row("anybody", done=422, body={"token": "guessed"}),
    "POST /password-resets": Row("anybody", done=202, body={"email": "who@example.org"}),
    "POST /password-resets/{token}": Row(
        "anybody", done=422, body={"password": "a new password"}, ids={"token": "guessed"}
    ),
    "POST /guest-bookings": Row(
        "anybody",
        done=202,
        body={"evse_id": "{evse_id}", **SLOT, "energy_wh": 1, "email": "other@example.org"},
    ),
    "GET /guest-bookings/{token}": Row("anybody", done=422, ids={"token": "guessed"}),
    "POST /ad-hoc-sessions": Row("anybody", done=201, body={"evse_id": "{evse_id}"}),
    "GET /guest-bookings/pages/{page_id}/return": Row(
        "anybody", done=404, ids={"page_id": "guessed"}
    ),
    "GET /pay-codes/{code}": Row("anybody", done=404, ids={"code": "guessed"}),
    "GET /ad-hoc-sessions/{token}": Row("anybody", done=404, ids={"token": "guessed"}),
    "GET /ad-hoc-sessions/{token}/invoice.html": Row("anybody", done=404, ids={"token": "guessed"}),
    "POST /ad-hoc-sessions/{token}/stop": Row("anybody", done=404, ids={"token": "guessed"}),
    "POST /guest-bookings/{token}/confirm": Row(
        "anybody", done=422, body={}, ids={"token": "guessed"}
    ),
    "POST /credits/redemptions": Row(
        "payments:write", "driver", done=422, stranger=422, body={"code": "guessed"}
    ),
    "GET /guest-booking": Row("guest", "guest", stranger=403),
    "GET /guest-booking/place": Row("guest", "guest", stranger=403),
    "GET /guest-booking/cancellation": Row("guest", "guest", stranger=403),
    "GET /guest-booking/access-code": Row("guest", "guest", stranger=403),
    "POST /guest-booking/deposit": Row("guest", "guest", stranger=403, body={}),
    "GET /guest-booking/receipts": Row("guest", "guest", stranger=403),
    "GET /guest-booking/disputes": Row("guest", "guest", stranger=403),
    "POST /guest-booking/disputes": Row(
        "guest",
        "guest",
        done=409,
        stranger=403,
        body={"kind": "fraud", "amount": DISPUTE["amount"], "statement": "Not me."},
    ),
    "GET /guest-booking/disputes/{dispute_id}": Row(
        "guest", "guest", done=404, stranger=403, ids=NO_DISPUTE
    ),
    "GET /guest-booking/disputes/{dispute_id}/evidence": Row(
        "guest", "guest", done=404, stranger=403, ids=NO_DISPUTE
    ),
    "POST /guest-booking/disputes/{dispute_id}/answer": Row(
        "guest", "guest", done=404, stranger=403, ids=NO_DISPUTE, body={"agrees": True}
    ),
    "POST /guest-booking/disputes/{dispute_id}/withdrawal": Row(
        "guest", "guest", done=404, stranger=403, ids=NO_DISPUTE
    ),
    "POST /guest-booking/disputes/{dispute_id}/appeal": Row(
        "guest", "guest", done=404, stranger=403, ids=NO_DISPUTE, body={"statement": "It is wrong."}
    ),
    "GET /guest-booking/disputes/{dispute_id}/messages": Row(
        "guest", "guest", done=404, stranger=403, ids=NO_DISPUTE
    ),
    "POST /guest-booking/disputes/{dispute_id}/messages": Row(
        "guest", "guest", done=404, stranger=403, ids=NO_DISPUTE, body={"text": "Hello"}
    ),
    "GET /guest-booking/invoice.html": Row("guest", "guest", done=404, stranger=403),
    "GET /guest-booking/session": Row("guest", "guest", done=404, stranger=403),
    "GET /guest-booking/receipt": Row("guest", "guest", done=404, stranger=403),
    "GET /guest-booking/signed-readings": Row("guest", "guest", done=404, stranger=403),
    "GET /guest-booking/signed-readings/{packet_id}": Row(
        "guest", "guest", done=404, stranger=403, ids={"packet_id": "1"}
    ),
    "GET /guest-booking/transparency.xml": Row("guest", "guest", done=404, stranger=403),
    "GET /guest-booking/end": Row("guest", "guest", stranger=403, query="?ends_at=" + GUEST_LATER),
    "PUT /guest-booking/end": Row("guest", "guest", stranger=403, body={"ends_at": GUEST_LATER}),
    "GET /guest-booking/alternatives": Row("guest", "guest", stranger=403),
    "POST /guest-booking/start": Row("guest", "guest", done=409, stranger=403),
    "POST /guest-booking/stop": Row("guest", "guest", done=404, stranger=403),
    "POST /guest-booking/cancel": Row("guest", "guest", stranger=403),
    "POST /evses/{evse_id}/starts": Row("anybody", done=403, body={"code": "GUESSED2"}),
    "GET /jurisdictions": Row("anybody"),
    "GET /jurisdictions/{code}": Row("anybody", ids={"code": "DE"}),
    "GET /stations/{station_id}/photos": Row("anybody"),
    "GET /photos/{photo_id}": Row("anybody"),
    "GET /stations/{station_id}/facts": Row("anybody"),
    "GET /stations/{station_id}/reviews": Row("anybody"),
    "GET /drivers/me/reviews": Row("read", "driver", stranger=OWN),
    "GET /sessions/{session_id}/reviews": Row(
        "read", "driver", ids={"session_id": "{closed_session_id}"}
    ),
    "GET /drivers/me/facts": Row("read", "driver", stranger=200),
    "GET /accounts/me": Row("read", stranger=OWN),
    "GET /accounts/me/export": Row("login", stranger=OWN),
    "GET /accounts/me/erasure": Row("login", stranger=OWN),
    "GET /logins": Row("read", "driver", stranger=OWN),
    "GET /api-keys": Row("read", "driver", stranger=OWN),
    "GET /id-tokens": Row("accounts:write", "driver", stranger=OWN),
    "GET /locations": Row("read", stranger=OWN),
    "GET /locations/{location_id}": Row("read"),
    "GET /locations/{location_id}/reveals": Row("read"),
    "GET /locations/{location_id}/demand": Row("read"),
    "GET /locations/{location_id}/amenities": Row("read"),
    "PUT /locations/{location_id}/amenities": Row("stations:write", body={"amenities": ["CAFE"]}),
    "PUT /locations/{location_id}/access-notes": Row(
        "stations:write", body={"access_notes": "The gate is open."}
    ),
    "GET /stations": Row("read", stranger=OWN),
    "GET /stations/{station_id}": Row("read"),
    "GET /pairings": Row("read", stranger=OWN),
    "GET /pairings/{pairing_id}": Row("read"),
    "GET /stations/{station_id}/checkups": Row("read"),
    "GET /checkups/{checkup_id}": Row("read"),
    "GET /stations/{station_id}/fitness": Row("read"),
    "GET /stations/{station_id}/settings": Row("read"),
    "GET /stations/{station_id}/commands": Row("read"),
    "GET /stations/{station_id}/notes": Row("read"),
    "GET /stations/{station_id}/sessions": Row("read"),
    "GET /stations/{station_id}/reservations": Row("read"),
    "GET /stations/{station_id}/certificates": Row("read"),
    "GET /stations/{station_id}/repairs": Row("read"),
    "GET /stations/{station_id}/frames": Row("read"),
    "GET /stations/{station_id}/listing": Row("read"),
    "GET /jurisdictions/{code}/confirmation": Row("read", stranger=200, ids={"code": "DE"}),
    "GET /stations/{station_id}/duties": Row("read", query="?tariff_id=nobody", done=404),
    "GET /stations/{station_id}/retirement": Row("read"),
    "GET /stations/{station_id}/blocks": Row("read"),
    "POST /stations/{station_id}/calendar-feed": Row("stations:write", done=201),
    "GET /stations/{station_id}/calendar-feed": Row("read"),
    "DELETE /stations/{station_id}/calendar-feed": Row("stations:write", done=204),
    "GET /evses/{evse_id}/kept-times": Row(
        "read", query="?from=2026-03-10T10:00:00Z&to=2026-03-11T10:00:00Z"
    ),
    "GET /commands/{command_id}": Row("read"),
    "GET /evses/{evse_id}/household": Row("read"),
    "GET /evses/{evse_id}/qr.svg": Row("read"),
    "GET /evses/{evse_id}/pay-code": Row("read"),
    "GET /quirk-profiles": Row("read", stranger=200),
    "GET /tariffs": Row("read", stranger=OWN),
    "GET /tariffs/{tariff_id}": Row("read", stranger=200),  # drivers see it before they charge
    "GET /tariffs/{tariff_id}/quote": Row("read", stranger=200, query=NEED),
    "GET /tariffs/{tariff_id}/ocpi": Row(
        "read", stranger=200, query="?country_code=NO&party_id=HUB"
    ),
    "GET /member-groups": Row("tariffs:write", stranger=OWN),
    "GET /member-groups/{group_id}/members": Row("read"),
    "GET /memberships": Row("read", "driver", stranger=OWN),
    "GET /bookings": Row("read", "driver", stranger=OWN),
    "GET /bookings/{booking_id}": Row("read", "driver"),
    "GET /bookings/{booking_id}/place": Row("read", "driver"),
    "GET /bookings/{booking_id}/access-code": Row("sessions:write", "driver"),
    "POST /bookings/{booking_id}/access-code": Row("sessions:write", "driver"),
    "GET /bookings/{booking_id}/driver": Row("read", "owner"),
    "GET /bookings/{booking_id}/cancellation": Row("read", "driver"),
    "GET /quotes/{quote_id}": Row("read", "driver"),
    "GET /bookings/{booking_id}/changes": Row("read", "driver"),
    "GET /bookings/{booking_id}/end": Row("read", "driver", query="?ends_at=" + LATER),
    "GET /booking-series": Row("read", "driver", stranger=OWN),
    "GET /booking-series/{series_id}": Row("read", "driver"),
    "GET /stations/{station_id}/policy": Row("read", stranger=200),  # drivers see it before
    "GET /sessions": Row("read", "driver", stranger=OWN),
    "GET /sessions/{session_id}": Row("read", "driver"),
    "GET /sessions/{session_id}/stream": Row(
        "read", "driver", ids={"session_id": "{closed_session_id}"}
    ),
    "GET /sessions/{session_id}/cdrs": Row(
        "read", "driver", ids={"session_id": "{closed_session_id}"}
    ),
    "GET /sessions/{session_id}/signed-readings": Row(
        "read", "driver", ids={"session_id": "{closed_session_id}"}
    ),
    "GET /sessions/{session_id}/signed-readings/{packet_id}": Row(
        "read", "driver", done=404, ids={"session_id": "{closed_session_id}", "packet_id": "1"}
    ),
    "GET /sessions/{session_id}/transparency.xml": Row(
        "read", "driver", done=404, ids={"session_id": "{closed_session_id}"}
    ),
    "GET /sessions/{session_id}/receipt": Row(
        "read", "driver", ids={"session_id": "{closed_session_id}"}
    ),
    "GET /evses/{evse_id}/meter-keys": Row("read"),
    "GET /cdrs": Row("read", "driver", stranger=OWN),
    "GET /cdrs/{cdr_id}": Row("read", "driver"),
    "GET /payment-methods": Row("read", "driver", stranger=OWN),
    "GET /payment-method-setups/{setup_id}": Row(
        "read", "driver", done=404, ids={"setup_id": "guessed"}
    ),
    "GET /payment-method-setups/{setup_id}/return": Row(
        "anybody", done=404, ids={"setup_id": "guessed"}
    ),
    "GET /sandbox/pages/{reference}": Row("anybody", done=404, ids={"reference": "guessed"}),
    "POST /sandbox/pages/{reference}/confirm": Row(
        "anybody", done=404, ids={"reference": "guessed"}
    ),
    "POST /sandbox/pages/{reference}/refuse": Row(
        "anybody", done=404, ids={"reference": "guessed"}
    ),
    "GET /payments/{payment_id}/return": Row("anybody", ids={"payment_id": "guessed"}),
    "GET /debts": Row("read", "driver", stranger=OWN),
    "POST /debts/payments": Row("payments:write", "driver", done=404, body={}),
    "POST /debts/{debt_id}/forgive": Row(
        "operator",
        "operator",
        done=404,
        stranger=403,
        body={"because": "A mistake of ours."},
        ids={"debt_id": "guessed"},
    ),
    "GET /payments": Row("read", "driver", stranger=OWN),
    "GET /bookings/{booking_id}/alternatives": Row("read", "driver"),
    "GET /credits": Row("read", "driver", stranger=OWN),
    "GET /top-ups/{top_up_id}/return": Row("anybody", ids={"top_up_id": "guessed"}),
    "GET /prepaid": Row("read", "driver", stranger=OWN),
    "GET /payout-accounts": Row("read", stranger=OWN),
    "GET /payout-accounts/return": Row("anybody"),
    "GET /payout-accounts/refresh": Row("anybody"),
    "GET /payouts": Row("read", stranger=OWN),
    "GET /payout-preference": Row("read"),
    "GET /payout-reversals": Row("read", stranger=OWN),
    "GET /payout-plan": Row("read", stranger=OWN),
    "GET /owner-debts": Row("operator", "operator", stranger=403),
    "GET /maturing-earnings": Row("read", stranger=OWN),
    "GET /shares": Row("read", stranger=OWN),
    "GET /stations/{station_id}/shares": Row("read"),
    "GET /doubted-earnings": Row("read", stranger=OWN),
    "POST /doubted-earnings/{cdr_id}/acceptance": Row(
        "operator", "operator", done=409, stranger=403, body={"because": "Checked by hand."}
    ),
    "GET /card-disputes": Row("read", stranger=OWN),
    "POST /card-disputes/{card_dispute_id}/words": Row(
        "operator",
        "operator",
        done=404,
        stranger=403,
        ids={"card_dispute_id": "guessed"},
        body={"words": "It is right."},
    ),
    "POST /card-disputes/{card_dispute_id}/acceptance": Row(
        "operator", "operator", done=404, stranger=403, ids={"card_dispute_id": "guessed"}
    ),
    "GET /disputes": Row("read", "driver", stranger=OWN),
    "GET /disputes/{dispute_id}": Row("read"),
    "GET /disputes/{dispute_id}/evidence": Row("read"),
    "GET /disputes/{dispute_id}/evidence/reports": Row("read", "driver"),
    "GET /disputes/{dispute_id}/messages": Row("read"),
    "GET /disputes/{dispute_id}/photos/{photo_id}": Row(
        "read", ids={"photo_id": "{shown_photo_id}"}
    ),
    "GET /statements/{month}": Row("read", stranger=OWN),
    "GET /invoices": Row("read", "driver", stranger=OWN),
    "GET /invoices/{invoice_id}": Row("read", "driver"),
    "GET /invoices/{invoice_id}/invoice.html": Row("read", "driver"),
    "GET /invoices/{invoice_id}/invoice.pdf": Row("read", "driver", done=PDF),
    "GET /statements/{month}/statement.html": Row("read", stranger=200),
    "GET /waiting-invoices": Row("read", stranger=OWN),
    "GET /billing-party": Row("login", stranger=200),
    "PUT /billing-party": Row("login", stranger=200, body=PARTY),
    "GET /hub/legal-entity": Row("read", stranger=200),
    "PUT /hub/legal-entity": Row("operator", "operator", stranger=403, body=ENTITY),
    "GET /seller": Row("login", stranger=200),
    "GET /reports/earnings/{year}": Row("login", stranger=200, ids={"year": "2026"}),
    "GET /reports/sessions/{quarter}": Row("read", stranger=200, ids={"quarter": "2026-Q1"}),
    "GET /reports/uptime/{year}": Row("read", stranger=200, ids={"year": "2026"}),
    "GET /reports/outages/{quarter}": Row("read", stranger=200, ids={"quarter": "2026-Q1"}),
    "GET /reports/statements/{month}": Row("read", stranger=200),
    "GET /wallet": Row("read", stranger=OWN),
    "GET /events": Row("read", stranger=OWN),
    "GET /watches": Row("read", "driver", stranger=OWN),
    "GET /watches/{watch_id}": Row("read", "driver"),
    "GET /webhooks": Row("read", stranger=OWN),
    "GET /webhooks/{webhook_id}": Row("read"),
    "GET /webhooks/{webhook_id}/messages": Row("read"),
    "POST /webhooks/stripe": Row("anybody", done=404),
    "GET /sandbox/totals": Row("operator", "operator", stranger=403),
    "GET /deliveries": Row("operator", "operator", stranger=403),
    "GET /money": Row("operator", "operator", stranger=403),
    "GET /audits": Row("operator", "operator", stranger=403),
    "POST /audits": Row("operator", "operator", done=202, stranger=403),
    "GET /audits/{audit_id}": Row(
        "operator", "operator", done=404, stranger=403, ids={"audit_id": "nowhere"}
    ),
    "GET /operator/log": Row("operator", "operator", stranger=403),
    "GET /operator/search": Row("operator", "operator", stranger=403, query="?q=operator"),
    "GET /operator/settings": Row("operator", "operator", stranger=403),
    "GET /operator/storage": Row("operator", "operator", stranger=403),
    "GET /reconciliations": Row("operator", "operator", stranger=403),
    "GET /balance-lines": Row("operator", "operator", stranger=403),
    "POST /reconciliations/{rail}": Row("operator", "operator", done=202, stranger=403),
    "POST /balance-lines/{line_id}/resolution": Row(
        "operator",
        "operator",
        stranger=403,
        body={"account": "bank:operating", "because": "seen there"},
    ),
    "POST /stations/{station_id}/calls": Row(
        "operator", "operator", stranger=403, body={"action": "ClearCache", "timeout_s": 1}
    ),
    "POST /deliveries/{delivery_id}/retry": Row("operator", "operator", done=202, stranger=403),
    "POST /receipt-keys": Row("operator", "operator", done=201, stranger=403),
    "POST /cdrs/{cdr_id}/corrections": Row(
        "operator", "operator", done=201, stranger=403, body=CORRECTION
    ),
    "GET /reviews": Row("operator", "operator", stranger=403),
    "GET /reviews/{review_id}/decisions": Row("operator", "operator", stranger=403),
    "POST /sessions/{session_id}/reviews": Row(
        "sessions:write",
        "driver",
        done=409,  # it is written already
        body={"stars": 1},
        ids={"session_id": "{closed_session_id}"},
    ),
    "POST /reviews/{review_id}/reply": Row("sessions:write", "driver", body={"text": "Thanks."}),
    "POST /reviews/{review_id}/appeal": Row("sessions:write", "driver", body={"text": "Untrue."}),
    "POST /reviews/{review_id}/decisions": Row(
        "operator",
        "operator",
        done=201,
        stranger=403,
        body={"outcome": "kept", "reason": "It is true."},
    ),
    "POST /locations": Row(
        "stations:write", done=201, stranger=201, body={"name": "Yard", "address": "A 1", **WHERE}
    ),
    "PUT /jurisdictions/{code}/confirmation": Row(
        "stations:write",
        stranger=200,
        ids={"code": "DE"},
        body={"checklist_version": shipped().named("DE").version},
    ),
    "PUT /stations/{station_id}/proofs/{proof}": Row(
        "stations:write", done=404, body={"reference": "No. 1"}, ids={"proof": "signed_meter"}
    ),
    "GET /proofs-to-check": Row("operator", "operator", stranger=403),
    "PUT /stations/{station_id}/proofs/{proof}/check": Row(
        "operator",
        "operator",
        done=404,
        stranger=403,
        body={"reference": "No. 1"},
        ids={"proof": "signed_meter"},
    ),
    "PUT /locations/{location_id}/country": Row("stations:write", body={"country": "ZZ"}),
    "POST /stations": Row("stations:write", done=201, body=STATION),
    "POST /pairings": Row("stations:write", done=201, body={**STATION, "identity": "ACME-2"}),
    "POST /pairings/{pairing_id}/cancel": Row("stations:write"),
    "PUT /stations/{station_id}/checkup-waiver": Row(
        "operator", "operator", stranger=403, body={"because": "Checked by hand on site."}
    ),
    "DELETE /stations/{station_id}/checkup-waiver": Row(
        "operator", "operator", done=204, stranger=403
    ),
    "POST /stations/{station_id}/checkups": Row("stations:write", done=201, body={}),
    "POST /stations/{station_id}/commands": Row(
        "stations:write", done=202, body={"kind": "reset", "when": "idle"}
    ),
    "POST /sessions/{session_id}/charging-profile": Row(
        "stations:write", done=202, body={"unit": "A", "periods": [{"start_s": 0, "limit": 8}]}
    ),
    "PUT /locations/{location_id}/grid-connection": Row("stations:write", body=CONNECTION),
    "GET /locations/{location_id}/grid-connection": Row("read"),
    "DELETE /locations/{location_id}/grid-connection": Row("stations:write", done=204),
    "PUT /evses/{evse_id}/pay-code": Row("stations:write", body={"changes": False}),
    "PUT /evses/{evse_id}/household/{token}": Row("stations:write", done=204),
    "DELETE /evses/{evse_id}/household/{token}": Row("stations:write", done=204),
    "PUT /evses/{evse_id}/meter-key": Row("stations:write", body={"public_key": METER_KEY}),
    "POST /stations/{station_id}/photos": Row("stations:write", done=201, file=photo()),
    "DELETE /stations/{station_id}/photos/{photo_id}": Row("stations:write", done=204),
    "PUT /stations/{station_id}/listing": Row("stations:write", body=LISTING),
    "PUT /stations/{station_id}/policy": Row("stations:write", body={"buffer_minutes": 5}),
    "POST /stations/{station_id}/blocks": Row("stations:write", done=201, body=BLOCK),
    "DELETE /stations/{station_id}/blocks/{block_id}": Row("stations:write", done=204),
    "POST /tariffs": Row("tariffs:write", done=201, stranger=201, body=TARIFF),
    "PUT /tariffs/{tariff_id}/dynamics": Row("tariffs:write", done=422, body=SUNNY),
    "GET /tariffs/{tariff_id}/dynamics": Row("read", done=404),
    "DELETE /tariffs/{tariff_id}/dynamics": Row("tariffs:write", done=204),
    "GET /tariffs/{tariff_id}/versions": Row("read"),
    "GET /wholesale-feeds": Row("operator", "operator", stranger=403),
    "PUT /locations/{location_id}/export": Row("stations:write", body={"export_w": 5_000}),
    "GET /locations/{location_id}/export": Row("read"),
    "PUT /locations/{location_id}/cost-model": Row("tariffs:write", body=COSTS),
    "GET /locations/{location_id}/cost-model": Row("read"),
    "POST /locations/{location_id}/earnings-estimates": Row(
        "tariffs:write",
        done=409,
        body={"currency": "EUR"},  # nobody is around
    ),
    "GET /locations/{location_id}/margin": Row("read", query="?month=2026-03"),
    "GET /locations/{location_id}/margin.csv": Row("read", query="?month=2026-03"),
    "GET /stations/{station_id}/margin": Row("read", query="?month=2026-03"),
    "GET /stations/{station_id}/margin.csv": Row("read", query="?month=2026-03"),
    "DELETE /locations/{location_id}/cost-model": Row("tariffs:write", done=204),
    "PUT /locations/{location_id}/solar": Row("stations:write", body={"installed_w": 8_000}),
    "GET /locations/{location_id}/solar": Row("read"),
    "DELETE /locations/{location_id}/solar": Row("stations:write", done=204),
    "POST /member-groups": Row("tariffs:write", done=201, body=GROUP),
    "PUT /member-groups/{group_id}": Row("tariffs:write", body=GROUP),
    "POST /member-groups/{group_id}/codes": Row("tariffs:write", done=201, body={}),
    "GET /member-groups/{group_id}/codes": Row("tariffs:write"),
    "DELETE /member-groups/{group_id}/codes/{code_id}": Row("tariffs:write", done=204),
    "POST /member-groups/{group_id}/code": Row("tariffs:write"),
    "POST /memberships": Row(
        "accounts:write", "driver", done=404, stranger=404, body={"code": "guessed"}
    ),
    "POST /stations/{station_id}/earnings-estimates": Row("tariffs:write", body=ESTIMATE),
    "POST /quotes": Row(
        "bookings:write",
        "driver",
        done=201,
        stranger=201,
        body={"evse_id": "{evse_id}", **SLOT, "energy_wh": 10_000},
    ),
    "POST /bookings": Row(
        "bookings:write", "driver", done=201, stranger=403, body={"evse_id": "{evse_id}", **SLOT}
    ),
    "POST /watches": Row(
        "bookings:write", "driver", 201, stranger=201, body={"latitude": 0, "longitude": 0}
    ),
    "DELETE /watches/{watch_id}": Row("bookings:write", "driver", done=204),
    "PUT /bookings/{booking_id}/end": Row("bookings:write", "driver", body={"ends_at": LATER}),
    "POST /booking-series": Row(
        "bookings:write",
        "driver",
        done=201,
        stranger=403,
        body={"evse_id": "{evse_id}", "weeks": 2, **SERIES},
    ),
    "POST /booking-series/{series_id}/cancel": Row("bookings:write", "driver", body={}),
    "POST /bookings/{booking_id}/approve": Row("bookings:write"),
    "POST /bookings/{booking_id}/decline": Row("bookings:write", done=409),
    "POST /bookings/{booking_id}/deposit": Row("bookings:write", "driver"),
    "POST /bookings/{booking_id}/cancel": Row("bookings:write", "driver"),
    "POST /sessions": Row(
        "sessions:write", "driver", done=201, stranger=409, body={"evse_id": "{idle_evse_id}"}
    ),
    "POST /sessions/claims": Row(
        "sessions:write",
        "driver",
        done=404,
        stranger=403,
        body={"id_token": "CARD-DRIVER", "station_id": "{station_id}"},
    ),
    "POST /disputes": Row("payments:write", "driver", done=409, body=DISPUTE),
    "POST /disputes/{dispute_id}/messages": Row(
        "payments:write", done=201, body={"text": "Look at the photo."}
    ),
    "POST /disputes/{dispute_id}/photos": Row("payments:write", done=201, file=photo()),
    "POST /disputes/{dispute_id}/answer": Row(
        "payments:write", body={"agrees": False, "statement": "It is right."}
    ),
    "POST /disputes/{dispute_id}/decision": Row(
        "operator", "operator", stranger=403, body={"awarded_minor": 0, "reason": "It is right."}
    ),
    "POST /disputes/{dispute_id}/appeal": Row(
        "payments:write", "driver", body={"statement": "It is not."}
    ),
    "POST /disputes/{dispute_id}/withdrawal": Row("payments:write", "driver"),
    "POST /sessions/{session_id}/stop": Row("sessions:write", "driver", done=202),
    "DELETE /stations/{station_id}/listing": Row("stations:write", done=204),
    "POST /stations/{station_id}/password/rotation": Row("stations:write", done=202),
    "PUT /stations/{station_id}/security-profile": Row(
        "stations:write", body={"security_profile": 1}
    ),
    "DELETE /stations/{station_id}/certificates/{certificate_id}": Row("stations:write"),
    "PUT /stations/{station_id}/quirk-profile": Row(  # ends the station's line
        "operator", "operator", stranger=403, body={"choice": "auto"}
    ),
    "POST /stations/{station_id}/password": Row("stations:write"),  # ends the station's line
    "POST /stations/{station_id}/retirement": Row("stations:write", done=409),  # a car charges
    "DELETE /locations/{location_id}": Row("stations:write", done=409),
    "POST /payment-methods": Row(
        "payments:write",
        "driver",
        done=201,
        stranger=201,
        body={"rail": "sandbox", "reference": "ok"},
    ),
    "POST /payment-method-setups": Row(  # no rail of this hub has pages
        "payments:write", "driver", done=422, stranger=422, body={"rail": "sandbox"}
    ),
    "POST /top-ups": Row(
        "payments:write",
        "driver",
        done=201,
        stranger=201,
        body={"amount": {"amount_minor": 2000, "currency": "EUR"}},
    ),
    "GET /top-ups/{top_up_id}": Row("read", "driver", done=404, ids={"top_up_id": "guessed"}),
    "POST /paybacks": Row("payments:write", "driver", done=201, stranger=201, body=EUROS),
    "POST /webhooks": Row(
        "webhooks:write",
        done=201,
        stranger=201,
        body={"url": "https://hooks.invalid/hook", "types": ["PayoutFailed"]},
    ),
    "PATCH /webhooks/{webhook_id}": Row("webhooks:write", body={"is_enabled": True}),
    "POST /webhooks/{webhook_id}/ping": Row("webhooks:write", done=202),
    "POST /webhooks/{webhook_id}/messages/{message_id}/resend": Row("webhooks:write", done=202),
    "POST /webhooks/{webhook_id}/resend": Row("webhooks:write", done=202),
    "POST /webhooks/{webhook_id}/secret": Row("webhooks:write", body={}),
    "DELETE /webhooks/{webhook_id}": Row("webhooks:write", done=204),
    "DELETE /payment-methods/{method_id}": Row("payments:write", "driver", done=204),
    "PUT /seller": Row("login", stranger=200, body={"kind": "individual", "name": "O"}),
    "POST /payout-accounts": Row(  # no rail of this hub has any
        "login", done=422, stranger=422, body={"country": "DE"}
    ),
    "POST /payout-accounts/links": Row("login", done=422, stranger=422),
    "PUT /payout-preference": Row("login", stranger=200, body={"rail": "token"}),
    "PUT /stations/{station_id}/shares": Row(
        "login", done=422, body={"shares": [{"account_id": "none", "basis_points": 10_000}]}
    ),
    "POST /shares/{agreement_id}/acceptance": Row("login", done=404, ids={"agreement_id": "none"}),
    "POST /payouts/{payout_id}/return": Row(
        "operator",
        "operator",
        done=409,
        stranger=403,
        ids={"payout_id": "none"},
        body={"because": "The bank knows no such account."},
    ),
    "POST /owner-debts/{owner_id}/reversals": Row(
        "operator",
        "operator",
        done=409,
        stranger=403,
        ids={"owner_id": "none"},
        body={"because": "After a refund."},
    ),
    "PUT /payout-plan": Row("login", stranger=200, body={"schedule": "on_request"}),
    "POST /payouts": Row("payments:write", done=409, stranger=409, body={}),
    "POST /id-tokens": Row(
        "accounts:write", "driver", done=201, stranger=201, body={"value": "NEW-CARD-1"}
    ),
    "PATCH /id-tokens/{value}": Row("accounts:write", "driver", body=STATUS),
    "POST /accounts/me/erasure": Row(
        "login", stranger=422, done=409, body={"email": "owner@example.org"}
    ),
    "POST /api-keys": Row(
        "login", "driver", done=201, stranger=201, body={"name": "new", "scopes": ["read"]}
    ),
    "DELETE /api-keys/{key_id}": Row("login", "driver", done=204),
    "DELETE /member-groups/{group_id}/members/{driver_id}": Row("tariffs:write", done=204),
    "DELETE /memberships/{group_id}": Row("accounts:write", "driver", done=204, stranger=204),
    "DELETE /logins/{login_id}": Row("login", "driver", done=204),
    "DELETE /logins/current": Row("login", "driver", done=204, stranger=204),
}
