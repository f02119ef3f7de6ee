"""Builds the hub once: settings, store, rails, switchboard, flow, web application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib import metadata
from pathlib import Path

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, generate_latest

from chargehub import flow
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
from chargehub.bookings.outside import outside_hours
from chargehub.bus.live import LiveBus
from chargehub.checkups import routes as checkup_routes
from chargehub.clock import Clock, RealClock
from chargehub.configured import (
    checking_of,
    host_port,
    kept_of,
    manner_of,
    market_of,
    promises_of,
    source_of,
    terms_of,
    tls_of,
    webhook_terms_of,
    with_secret,
)
from chargehub.disputes import room_routes
from chargehub.disputes import routes as dispute_routes
from chargehub.energy import routes as energy_routes
from chargehub.errors import Unavailable
from chargehub.guests import ad_hoc_routes, pay_code_routes
from chargehub.guests import credit_routes as guest_credit_routes
from chargehub.guests import dispute_routes as guest_dispute_routes
from chargehub.guests import invoice_routes as invoice_link_routes
from chargehub.guests import page_routes as guest_page_routes
from chargehub.guests import routes as guest_routes
from chargehub.guests import session_routes as guest_session_routes
from chargehub.guests.pay_code_terms import code_terms
from chargehub.invoices import page_routes
from chargehub.invoices import routes as invoice_routes
from chargehub.jobs import (
    Jobs,
    due,
    due_of_checkups,
    due_of_debts,
    due_of_invoices,
    due_of_keeping,
    due_of_pay_codes,
    due_of_prices,
    due_of_reconciliation,
    due_of_reputation,
    due_of_wallets,
    due_of_watches,
)
from chargehub.jurisdictions import book
from chargehub.jurisdictions import routes as jurisdiction_routes
from chargehub.ledger import routes as ledger_routes
from chargehub.listings import amenity_routes, duty_routes, photo_routes
from chargehub.listings import routes as listing_routes
from chargehub.mail import mailer
from chargehub.margins import margin_routes, nearby_routes
from chargehub.margins import routes as cost_model_routes
from chargehub.margins.warning import CostWarner
from chargehub.meters import routes as meter_routes
from chargehub.observe import registry_of
from chargehub.ocpp import authority, contracts
from chargehub.ocpp.counts import LineMetrics
from chargehub.ocpp.server import OcppServer
from chargehub.ocpp.switchboard import OcppSwitchboard, carry_out
from chargehub.ocpp.witness import Witness
from chargehub.operation import money_routes
from chargehub.operation import routes as operation_routes
from chargehub.owing import routes as owing_routes
from chargehub.payments import (
    confirm_routes,
    credit_routes,
    debt_routes,
    payee_routes,
    payout_routes,
    prepaid_routes,
    setup_routes,
)
from chargehub.payments import routes as payment_routes
from chargehub.people import routes as people_routes
from chargehub.personal import routes as personal_routes
from chargehub.prices import routes as price_routes
from chargehub.prices import solar_routes
from chargehub.prices.effects import Fetcher
from chargehub.rails import notice_routes, sandbox_page_routes
from chargehub.rails import registry as rails
from chargehub.rails import routes as rail_routes
from chargehub.receipts import routes as receipt_routes
from chargehub.reconciliation import routes as reconciliation_routes
from chargehub.reconciliation.effects import fetch
from chargehub.reporting import routes as reporting_routes
from chargehub.reputation import review_routes
from chargehub.reputation import routes as reputation_routes
from chargehub.rest import explorer, openapi, problems
from chargehub.rest.manners import CurrentStore
from chargehub.rest.queries import only_known
from chargehub.search import demand_routes, live_routes, map_routes, place_routes, watch_routes
from chargehub.search import routes as search_routes
from chargehub.search.demand import Counted
from chargehub.sessions import code_routes as session_code_routes
from chargehub.sessions import retirement_routes, signed_routes
from chargehub.sessions import routes as session_routes
from chargehub.settings import Settings
from chargehub.settlement import doubt_routes, maturing_routes, share_routes
from chargehub.settlement import routes as settlement_routes
from chargehub.stations import command_routes, pairing_routes, quirk_files
from chargehub.stations import routes as station_routes
from chargehub.store.migrate import is_current
from chargehub.store.outbox import Relay
from chargehub.store.writer import Store
from chargehub.tariffs import code_routes as group_code_routes
from chargehub.tariffs import routes as tariff_routes
from chargehub.webhooks import routes as webhook_routes
from chargehub.webhooks.sending import Sender

log = structlog.get_logger(__name__)

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
    ledger_routes.router,
    rail_routes.router,
    sandbox_page_routes.router,
    notice_routes.router,
    reputation_routes.router,
    review_routes.router,
    webhook_routes.router,
    operation_routes.router,
    money_routes.router,
    reconciliation_routes.router,
)

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


class Hub:
    """One running hub: its parts, made once and handed to whoever needs them."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = with_secret(settings)
        self.clock: Clock = clock or RealClock()
        self.terms = terms_of(self.settings)
        self.store = Store(settings.database)
        self.live = LiveBus()
        self.unmet = Counted()
        self.store.changed = self.live.publish
        self.switchboard = OcppSwitchboard()
        self.rails = rails.build(self.store, self.clock, settings)
        self.authority = authority.load(
            settings.ca_certificate_file,
            settings.ca_key_file,
            authority.Terms(
                settings.ca_organization, settings.ca_station_days, settings.ca_signs_for_cars
            ),
        )
        self.tls = tls_of(settings)
        book.check_country(settings.country)
        book.shipped()  # a profile that cannot be used is told of now
        self.quirks = quirk_files.load(Path(settings.chargers) if settings.chargers else None)
        self.checking = checking_of(settings, self.quirks)
        self.ocpp = OcppServer(
            *(self.store, self.clock, self.settings, self.switchboard, self.authority),
            quirks=self.quirks,
            contracts=contracts.load(settings),
            witness=Witness(self.store, self.live, self.checking),
        )
        self.source = source_of(settings)
        self.market = market_of(settings, self.source)
        self.fetcher = Fetcher(self.source, settings.wholesale_private_addresses)
        self.warner = CostWarner(self.terms)
        self.outside = outside_hours
        self.sender = Sender(self.store, self.clock, self.settings)
        promises = promises_of(settings)
        self.relay = Relay(
            self.store,
            self.clock,
            flow.reactions(
                *(self.store, self.rails, self._senders(), self.terms),
                *(self.settings.secret, promises, self.checking, manner_of(settings)),
            ),
        )
        frames_kept = timedelta(days=settings.frames_kept_days)
        cost_every = timedelta(seconds=settings.cost_told_every_s)
        told = webhook_terms_of(settings)
        what_is_due = (
            *due(settings.token_price, cost_every, told, promises),
            *due_of_keeping(frames_kept, told, kept_of(settings)),
            *due_of_reputation(timedelta(days=settings.facts_kept_days)),
        )
        what_is_due = (*what_is_due, *due_of_prices(self.market, self.source))
        what_is_due = (*what_is_due, *due_of_checkups(self.checking))
        what_is_due = (*what_is_due, self.unmet.write_demand)
        what_is_due = (*what_is_due, *due_of_wallets(), *due_of_debts(settings.debt_least_coins))
        what_is_due = (*what_is_due, *due_of_pay_codes(code_terms(self.settings)))
        what_is_due = (*what_is_due, *due_of_invoices(self.terms))
        quiet = timedelta(minutes=settings.watch_quiet_minutes)
        what_is_due = (*what_is_due, *due_of_watches(quiet))
        what_is_due = (*what_is_due, *due_of_reconciliation(tuple(self.rails.books)))
        self.jobs = Jobs(self.store, self.clock, settings.tick_s, what_is_due)
        self.ocpp_port = 0
        self.ocpps_port = 0

    def _senders(self) -> flow.Senders:
        secret = self.settings.secret.encode()
        return flow.Senders(
            mail=mailer(self.settings, self.store),
            command=carry_out(self.switchboard, self.store, self.clock, secret).run,
            webhook=self.sender.run,
            wholesale=self.fetcher.run,
            reconciliation=fetch(self.rails, self.store, self.clock),
        )

    async def start(self) -> None:
        """Take up what was left, then let stations in."""
        await self.relay.start()
        host, port = host_port(self.settings.ocpp)
        self.ocpp_port = await self.ocpp.start(host, port)
        if self.tls is not None:
            host, port = host_port(self.settings.ocpps)
            self.ocpps_port = await self.ocpp.start_tls(host, port, self.tls)
        self.jobs.start()
        log.info("hub started", ocpp_host=host, ocpp_port=self.ocpp_port)

    async def stop(self) -> None:
        """Stations see 1012, what was acknowledged is stored, what is owed stays in its table."""
        self.jobs.stop()
        await self.ocpp.stop()
        await self.relay.stop()
        await self.sender.close()
        await self.fetcher.close()
        await self.store.close()
        log.info("hub stopped")


def web(hub: Hub) -> FastAPI:
    """REST over the hub. The hub lives as long as the application does."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await hub.start()
        yield
        await hub.stop()

    app = FastAPI(
        title="ChargeHub",
        summary="Share private EV chargers.",
        description=ABOUT,
        version=metadata.version("chargehub"),
        openapi_tags=[{"name": name, "description": text} for name, text in TAGS.items()],
        generate_unique_id_function=openapi.operation_id,
        docs_url=None,  # FastAPI's pages load script from a public host; `explorer` does not
        redoc_url=None,
        redirect_slashes=False,  # it would send people on to whatever host their request names
        lifespan=lifespan,
    )
    app.state.hub = hub
    problems.install(app)
    explorer.install(app)
    for router in ROUTERS:
        app.include_router(router, prefix="/api/v1", dependencies=[Depends(only_known)])
    app.include_router(receipt_routes.public)
    app.include_router(_operations())
    return app


def _figures(hub: Hub) -> CollectorRegistry:
    registry = registry_of(
        {
            "deliveries_pending": ("Events still owed to followers.", lambda: hub.relay.pending),
            "deliveries_parked": ("Deliveries that wait for a person.", lambda: hub.relay.parked),
            "rows_put_off": ("Rows that no job could do, tried later.", lambda: hub.jobs.put_off),
            "jobs_failing": ("Jobs that failed when they last ran.", lambda: hub.jobs.failing),
            "jobs_ended_at_seconds": (
                "When the hub last looked at all that is due, Unix time.",
                lambda: hub.jobs.ended_at_s,
            ),
            "actions_waiting": ("Actions that wait for the writer.", lambda: hub.store.waiting),
        }
    )
    registry.register(LineMetrics(hub.switchboard.counts, hub.switchboard.connected))
    return registry


def _operations() -> APIRouter:
    router = APIRouter(tags=["operation"])

    @router.get("/healthz")
    async def get_health() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @router.get("/readyz", responses={503: {"model": dict[str, str], "description": "Not yet."}})
    async def get_readiness(store: CurrentStore, response: Response) -> dict[str, str]:
        """The database answers and has the right tables."""
        try:
            is_ready = await store.read(is_current)
        except Unavailable:
            is_ready = False
        response.status_code = 200 if is_ready else 503
        return {"status": "ready" if is_ready else "database not ready"}

    @router.get("/metrics", response_class=PlainTextResponse)
    async def get_metrics(request: Request) -> Response:
        """Figures for Prometheus."""
        figures = generate_latest(_figures(request.app.state.hub))
        return Response(figures, media_type="text/plain; version=0.0.4")

    return router
