"""Builds the hub once: settings, store, rails, switchboard, flow, web application."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib import metadata
from pathlib import Path

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, generate_latest

from chargehub import flow
from chargehub.audit import actions as audits
from chargehub.audit.effects import Auditor
from chargehub.bookings.outside import outside_hours
from chargehub.bus.live import LiveBus
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
from chargehub.errors import Unavailable
from chargehub.guests.pay_code_terms import code_terms
from chargehub.jobs import (
    due,
    due_of_checkups,
    due_of_debts,
    due_of_invoices,
    due_of_keeping,
    due_of_owner_debts,
    due_of_pay_codes,
    due_of_prices,
    due_of_reconciliation,
    due_of_reputation,
    due_of_wallets,
    due_of_watches,
)
from chargehub.jurisdictions import book
from chargehub.mail import mailer
from chargehub.margins.warning import CostWarner
from chargehub.observe import registry_of
from chargehub.ocpp import authority, contracts
from chargehub.ocpp.counts import LineMetrics
from chargehub.ocpp.server import OcppServer
from chargehub.ocpp.switchboard import OcppSwitchboard, carry_out
from chargehub.ocpp.witness import Witness
from chargehub.operation.outcomes import Outcomes
from chargehub.payments.reversing import taking_back
from chargehub.prices.effects import Fetcher
from chargehub.rails import registry as rails
from chargehub.reconciliation.effects import fetch
from chargehub.rest import explorer, openapi, problems
from chargehub.rest.manners import CurrentStore
from chargehub.rest.queries import only_known
from chargehub.routing import ABOUT, OUTSIDE, ROUTERS, TAGS
from chargehub.search.demand import Counted
from chargehub.settings import Settings
from chargehub.stations import quirk_files
from chargehub.store.looking import Job
from chargehub.store.migrate import is_current
from chargehub.store.outbox import Relay
from chargehub.store.writer import Store
from chargehub.ticks import Jobs, Seldom
from chargehub.web import site
from chargehub.webhooks.sending import Sender

log = structlog.get_logger(__name__)


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
        self.takes_cards = self.rails.with_pages() is not None
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
        self.auditor = Auditor(self.store)
        self.sender = Sender(self.store, self.clock, self.settings)
        self.relay = Relay(
            self.store,
            self.clock,
            flow.reactions(
                *(self.store, self.rails, self._senders(), self.terms),
                *(self.settings.secret, promises_of(settings), self.checking, manner_of(settings)),
            ),
        )
        self.jobs = Jobs(self.store, self.clock, settings.tick_s, self._what_is_due())
        self.ocpp_port = 0
        self.ocpps_port = 0

    def _what_is_due(self) -> Sequence[Job | Seldom]:
        settings, told = self.settings, webhook_terms_of(self.settings)
        frames_kept = timedelta(days=settings.frames_kept_days)
        cost_every = timedelta(seconds=settings.cost_told_every_s)
        return (
            *due(settings.token_price, cost_every, told, promises_of(settings)),
            *due_of_keeping(frames_kept, told, kept_of(settings)),
            *due_of_reputation(timedelta(days=settings.facts_kept_days)),
            *due_of_prices(self.market, self.source),
            *due_of_checkups(self.checking),
            Seldom(self.unmet.write_demand),
            *due_of_wallets(),
            *due_of_debts(settings.debt_least_coins),
            *due_of_owner_debts(
                timedelta(days=settings.reverse_payouts_after_days), taking_back(self.rails)
            ),
            *due_of_pay_codes(code_terms(settings)),
            *due_of_invoices(self.terms),
            *due_of_watches(timedelta(minutes=settings.watch_quiet_minutes)),
            *due_of_reconciliation(tuple(self.rails.books)),
            audits.ask_due,
        )

    def _senders(self) -> flow.Senders:
        secret = self.settings.secret.encode()
        return flow.Senders(
            mail=mailer(self.settings, self.store),
            command=carry_out(self.switchboard, self.store, self.clock, secret).run,
            webhook=self.sender.run,
            wholesale=self.fetcher.run,
            reconciliation=fetch(self.rails, self.store, self.clock),
            audit=self.auditor.run,
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
        self.auditor.close()
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
    app.add_middleware(Outcomes)
    explorer.install(app)
    for router in ROUTERS:
        app.include_router(router, prefix="/api/v1", dependencies=[Depends(only_known)])
    app.include_router(OUTSIDE)
    app.include_router(_operations())
    site.install(app)
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
