"""Every route of REST by the folder it is of, and what its tags mean."""

from chargehub.audit import routes as audit_routes
from chargehub.bookings import (
    block_routes,
    calendar_routes,
    change_routes,
    feed_routes,
    policy_routes,
    quote_routes,
    series_routes,
)
from chargehub.bookings import routes as booking_routes
from chargehub.card_disputes import routes as card_dispute_routes
from chargehub.checkups import routes as checkup_routes
from chargehub.disputes import room_routes
from chargehub.disputes import routes as dispute_routes
from chargehub.energy import routes as energy_routes
from chargehub.guests import ad_hoc_routes, pay_code_routes
from chargehub.guests import credit_routes as guest_credit_routes
from chargehub.guests import dispute_routes as guest_dispute_routes
from chargehub.guests import invoice_routes as invoice_link_routes
from chargehub.guests import page_routes as guest_page_routes
from chargehub.guests import routes as guest_routes
from chargehub.guests import session_routes as guest_session_routes
from chargehub.invoices import page_routes
from chargehub.invoices import routes as invoice_routes
from chargehub.jurisdictions import routes as jurisdiction_routes
from chargehub.ledger import routes as ledger_routes
from chargehub.listings import amenity_routes, duty_routes, photo_routes
from chargehub.listings import routes as listing_routes
from chargehub.margins import margin_routes, nearby_routes
from chargehub.margins import routes as cost_model_routes
from chargehub.meters import routes as meter_routes
from chargehub.operation import log_routes, money_routes, settings_routes, storage_routes
from chargehub.operation import routes as operation_routes
from chargehub.operation import search_routes as looking_routes
from chargehub.owing import routes as owing_routes
from chargehub.payments import (
    confirm_routes,
    credit_routes,
    debt_routes,
    payee_routes,
    payout_routes,
    prepaid_routes,
    reversal_routes,
    setup_routes,
)
from chargehub.payments import routes as payment_routes
from chargehub.people import routes as people_routes
from chargehub.personal import routes as personal_routes
from chargehub.prices import routes as price_routes
from chargehub.prices import solar_routes
from chargehub.rails import notice_routes, sandbox_page_routes
from chargehub.rails import routes as rail_routes
from chargehub.receipts import routes as receipt_routes
from chargehub.reconciliation import routes as reconciliation_routes
from chargehub.reporting import routes as reporting_routes
from chargehub.reputation import review_routes
from chargehub.reputation import routes as reputation_routes
from chargehub.search import demand_routes, live_routes, map_routes, place_routes, watch_routes
from chargehub.search import routes as search_routes
from chargehub.sessions import code_routes as session_code_routes
from chargehub.sessions import retirement_routes, signed_routes
from chargehub.sessions import routes as session_routes
from chargehub.settlement import doubt_routes, maturing_routes, share_routes
from chargehub.settlement import routes as settlement_routes
from chargehub.stations import command_routes, pairing_routes
from chargehub.stations import routes as station_routes
from chargehub.tariffs import code_routes as group_code_routes
from chargehub.tariffs import routes as tariff_routes
from chargehub.webhooks import routes as webhook_routes

ROUTERS = (
    people_routes.router,
    personal_routes.router,
    station_routes.router,
    command_routes.router,
    pairing_routes.router,
    checkup_routes.router,
    retirement_routes.router,
    meter_routes.router,
    listing_routes.router,
    amenity_routes.router,
    photo_routes.router,
    jurisdiction_routes.router,
    duty_routes.router,
    tariff_routes.router,
    session_code_routes.router,
    live_routes.router,
    search_routes.router,
    map_routes.router,
    booking_routes.router,
    place_routes.router,
    watch_routes.router,
    demand_routes.router,
    policy_routes.router,
    quote_routes.router,
    block_routes.router,
    calendar_routes.router,
    feed_routes.router,
    guest_routes.router,
    guest_page_routes.router,
    invoice_link_routes.router,
    ad_hoc_routes.router,
    pay_code_routes.router,
    guest_credit_routes.router,
    guest_dispute_routes.router,
    guest_session_routes.router,
    change_routes.router,
    series_routes.router,
    session_routes.router,
    group_code_routes.router,
    price_routes.router,
    cost_model_routes.router,
    margin_routes.router,
    nearby_routes.router,
    solar_routes.router,
    signed_routes.router,
    receipt_routes.router,
    energy_routes.router,
    payment_routes.router,
    confirm_routes.router,
    owing_routes.router,
    setup_routes.router,
    payout_routes.router,
    debt_routes.router,
    reversal_routes.router,
    payee_routes.router,
    credit_routes.router,
    prepaid_routes.router,
    settlement_routes.router,
    doubt_routes.router,
    maturing_routes.router,
    share_routes.router,
    invoice_routes.router,
    page_routes.router,
    reporting_routes.router,
    dispute_routes.router,
    room_routes.router,
    card_dispute_routes.router,
    ledger_routes.router,
    rail_routes.router,
    sandbox_page_routes.router,
    notice_routes.router,
    reputation_routes.router,
    review_routes.router,
    webhook_routes.router,
    operation_routes.router,
    money_routes.router,
    audit_routes.router,
    storage_routes.router,
    log_routes.router,
    looking_routes.router,
    settings_routes.router,
    reconciliation_routes.router,
)

OUTSIDE = receipt_routes.public  # beside the API, at the root

ABOUT = """A hub for private charging stations: find an EVSE, book it, charge, pay and be paid.

Log in with `POST /api/v1/logins` and send the token as `Authorization: Bearer …`, or make an API
key with the scopes it needs. Energy is whole Wh, money whole minor units with a currency, instants
are RFC 3339 with a zone. Lists come in pages: ask again with `cursor` set to `next`. Every error is
a problem document with a `code` for programs and a `detail` for people. A POST that costs money
takes an `Idempotency-Key`, so that it can be repeated safely.
"""
TAGS = {
    "people": "Accounts, logins, API keys, and the id tokens that name a driver to a station.",
    "stations": "An owner's locations, stations, pairings, household tokens and commands.",
    "checkups": "Whether a station does what drivers rely on: checked, graded, what to do.",
    "listings": "Publishing a station: its tariff and opening hours.",
    "jurisdictions": "What countries ask of stations, from which source, and what is there of it.",
    "tariffs": "Price lists. They never change; a new price is a new tariff.",
    "prices": "Prices that move within their owner's bounds.",
    "margins": "What energy costs an owner, what is left, and what newcomers can expect.",
    "search": "Finding a free EVSE. Nobody has to log in for it.",
    "bookings": "A driver's right to an EVSE for a time.",
    "guests": "One booking without an account, by a link in a mail.",
    "sessions": "Charging: start, watch, stop; and the CDRs that come of it.",
    "energy": "A place's grid connection and how its cars share it; a session's own limit.",
    "payments": "How a driver pays and how an owner is paid.",
    "settlement": "An owner's month.",
    "invoices": "Numbered documents of what was bought and sold, and who is named in them.",
    "reporting": "Files for tax offices, authorities and an owner's own books.",
    "disputes": "What a driver disputes, or an owner claims: evidence, answer, decision, appeal.",
    "ledger": "The laws of the ledger, for everybody to check.",
    "rails": "Ways of money that live in the hub: the sandbox, and the token wallet.",
    "reputation": "What was measured of stations and drivers, and what they say of each other.",
    "webhooks": "What happened: read in order from a cursor, or sent to you, signed.",
    "operation": "For machines that watch the hub, and people who run it.",
}
