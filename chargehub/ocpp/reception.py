"""From a station's call to the deed in the domain, and back to the answer; nothing else.

A report is stored before it is answered. If it cannot be stored the station gets an error and
sends it again.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from chargehub.bookings import actions as bookings
from chargehub.clock import Clock
from chargehub.energy import needs
from chargehub.errors import Refused, Unavailable
from chargehub.ocpp.authority import Authority, Unsigned
from chargehub.ocpp.contracts import Contracts, nobodys
from chargehub.ocpp.fields import Unfit
from chargehub.ocpp.limits import Bucket
from chargehub.ocpp.manners import Manners
from chargehub.ocpp.problems import CallProblem
from chargehub.ocpp.rpc import Call
from chargehub.ocpp.versions import Version
from chargehub.ocpp.witness import Witness
from chargehub.prices import solar
from chargehub.sessions import actions as sessions
from chargehub.stations import actions as stations
from chargehub.stations import certificates, notes, repairs, reports, skew
from chargehub.stations.contracts import (
    ChainStatusAnswer,
    ChainStatusAsked,
    ContractAnswer,
    ContractAsked,
    StatusAnswer,
    StatusAsked,
)
from chargehub.stations.views import StationView
from chargehub.store.writer import Store

SEEN_EVERY_S: Final = 60.0  # how often a heartbeat is written down
COUNTED_EVERY_S: Final = 60.0  # how often repairs are; a station may need one in every call


class Reception:
    """Receives the reports of one station on one line."""

    __slots__ = (
        "_authority",
        "_clock",
        "_connection",
        "_contracts",
        "_counted_at",
        "_guesses",
        "_heartbeat_s",
        "_identity",
        "_is_accepted",
        "_manners",
        "_repairs",
        "_seen_at",
        "_skew",
        "_station_id",
        "_store",
        "_version",
        "_witness",
    )

    def __init__(
        self,
        store: Store,
        clock: Clock,
        version: Version,
        station: StationView,
        connection: int,
        heartbeat_s: int,
        guesses: Bucket,
        authority: Authority | None = None,
        manners: Manners | None = None,
        contracts: Contracts | None = None,
        witness: Witness | None = None,
    ) -> None:
        self._witness = witness
        self._manners = manners
        self._authority = authority
        self._contracts = contracts or nobodys()
        self._store = store
        self._clock = clock
        self._version = version
        self._station_id = station.id
        self._identity = station.identity
        self._connection = connection
        self._heartbeat_s = heartbeat_s
        self._guesses = guesses
        # A station that was accepted once may come back without booting: it lost its line only.
        self._is_accepted = station.is_accepted
        self._seen_at = time.monotonic()
        self._skew = skew.Skew(station.clock_ahead_s)
        self._repairs: Counter[str] = Counter()
        self._counted_at = -COUNTED_EVERY_S

    async def receive(self, call: Call) -> Mapping[str, Any]:
        """The payload of the answer. Raises CallProblem; anything else is the hub's fault."""
        answer = await self._answer(call)
        if self._manners is not None and self._manners.delays:
            await asyncio.sleep(self._manners.delay_s(call.action))
        return answer

    async def _answer(self, call: Call) -> Mapping[str, Any]:
        to_report, to_payload = self._version.messages[call.action]
        try:
            report = to_report(call.payload)
        except Unfit as unfit:
            raise CallProblem("property", str(unfit)) from None
        if applied := (*call.repairs, *getattr(report, "repairs", ())):
            self._repairs.update(applied)
        if self._repairs:
            await self._count_repairs()
        way, action = WAYS[type(report)]
        if not self._is_accepted and way is not Reception.boot:
            raise CallProblem("security", "Boot first, and be accepted.")
        try:
            await self._look_at_clock(report)
            if isinstance(report, PRESENTING) and report.id_token is not None:
                answer = await self._present(way, action, call, report)
            else:
                answer = await way(self, action, call, report, self._clock.now())
            if self._witness is not None:
                await self._witness.note(self._station_id, report, self._clock.now())
            return to_payload(answer)
        except Refused as refused:
            raise CallProblem("property", refused.code) from refused
        except Unavailable as unavailable:
            raise CallProblem("internal", "The hub cannot store this now.") from unavailable

    async def _look_at_clock(self, report: reports.Report) -> None:
        """Compare the station's clock with ours; what is measured holds from this report on."""
        at = getattr(report, "at", None)
        if at is None or getattr(report, "offline", False):
            return
        now = self._clock.now()
        found = skew.measured(self._skew, at, now)
        if found.ahead_s != self._skew.ahead_s:
            await self._store.do(repairs.note_clock, self._station_id, found.ahead_s, now)
        self._skew = found

    async def _count_repairs(self) -> None:
        """Write down what was mended now and then: the first at once."""
        if time.monotonic() - self._counted_at >= COUNTED_EVERY_S:
            await self.write_repairs()

    async def write_repairs(self) -> None:
        """Write down what was mended since the last time. If that fails it is tried again."""
        counted, self._repairs = self._repairs, Counter()
        if not counted:
            return
        self._counted_at = time.monotonic()
        try:
            await self._store.do(repairs.count, self._station_id, counted, self._clock.now())
        except Unavailable:
            self._repairs.update(counted)

    async def _present(self, way: "Way", action: Any, call: Call, report: Any) -> Any:
        """Whoever shows many unknown id tokens may be looking for known ones: that takes time."""
        wait_s = self._guesses.take(0, time.monotonic())
        if wait_s:
            await asyncio.sleep(wait_s)
        answer = await way(self, action, call, report, self._clock.now())
        if answer.verdict == "invalid" and getattr(answer, "certificate", None) is None:
            self._guesses.take(1, time.monotonic())
        return answer

    async def boot(
        self, action: Any, call: Call, report: reports.Booted, now: datetime
    ) -> reports.BootAnswer:
        """The one report that may come before the station is accepted."""
        heartbeat_s, settings = self._heartbeat_s, {}
        if self._manners is not None:
            self._manners.begin_boot(report)
            heartbeat_s = self._manners.heartbeat_interval_s or heartbeat_s
            settings = dict(self._manners.settings)
        answer: reports.BootAnswer = await self._store.do(
            action, self._station_id, report, now, heartbeat_s, settings
        )
        if self._manners is not None:
            self._manners.end_boot()
        self._is_accepted = answer.status == "accepted"
        self._skew = skew.Skew()
        return answer

    async def authorise(
        self, action: Any, call: Call, report: reports.TokenPresented, now: datetime
    ) -> reports.TokenAnswer:
        """May a token charge? That of a contract only if its certificate holds.

        Of a token that may not charge anyway nobody outside is asked.
        """
        answer: reports.TokenAnswer = await self._store.do(action, self._station_id, report, now)
        if report.contract is None or answer.verdict != "accepted":
            return answer
        certificate = await self._contracts.judge(report.contract, report.id_token, now)
        if certificate == "accepted":
            return replace(answer, certificate=certificate)
        return reports.TokenAnswer("invalid", certificate=certificate)

    async def ask_status(
        self, action: Any, call: Call, report: StatusAsked, now: datetime
    ) -> StatusAnswer:
        """Whether a certificate holds, as its responder signed it."""
        return await self._contracts.status(report, now)

    async def ask_chain_status(
        self, action: Any, call: Call, report: ChainStatusAsked, now: datetime
    ) -> ChainStatusAnswer:
        """Whether the certificates of a chain hold."""
        return await self._contracts.chain_status(report, now)

    async def ask_contract(
        self, action: Any, call: Call, report: ContractAsked, now: datetime
    ) -> ContractAnswer:
        """A contract certificate for a vehicle, by the operator's service."""
        return await self._contracts.contract(report)

    async def act(self, action: Any, call: Call, report: reports.Report, now: datetime) -> Any:
        """A plain deed."""
        return await self._store.do(action, self._station_id, report, now)

    async def keep(self, action: Any, call: Call, report: reports.Report, now: datetime) -> Any:
        """What matters to money is kept as received, in its envelope."""
        received = reports.Received(call.id, call.action, call.payload_text, now, self._connection)
        return await self._store.do(action, self._station_id, report, received, now)

    async def keep_settings(
        self, action: Any, call: Call, report: reports.SettingsReported, now: datetime
    ) -> Any:
        """Part of a report on the device model."""
        return await self._store.do(action, self._station_id, report.settings, now)

    async def sign(
        self, action: Any, call: Call, report: reports.CertificateRequested, now: datetime
    ) -> reports.CertificateAnswer:
        """Sign a certificate, or keep why not. Only what is stored will let the station in."""
        try:
            if self._authority is None:
                raise Unsigned("This hub signs no certificates.")
            signed = self._authority.sign(report, self._identity, now)
        except Unsigned as unsigned:
            reason = str(unsigned)
            return await self._store.do(certificates.refuse, self._station_id, report, reason, now)
        answer: reports.CertificateAnswer = await self._store.do(
            action, self._station_id, report, signed, now
        )
        return answer

    async def tell_time(
        self, action: Any, call: Call, report: reports.Heartbeat, now: datetime
    ) -> reports.HeartbeatAnswer:
        """A heartbeat, written down now and then."""
        if time.monotonic() - self._seen_at >= SEEN_EVERY_S:
            self._seen_at = time.monotonic()
            await self._store.do(action, self._station_id, now)
        return reports.HeartbeatAnswer(now)

    async def answer_at_once(
        self, answer: Any, call: Call, report: reports.Report, now: datetime
    ) -> Any:
        """Nothing is kept: the hub knows no vendor's words."""
        return answer


Way = Callable[[Reception, Any, Call, Any, datetime], Awaitable[Any]]

PRESENTING: Final = (
    reports.TokenPresented,
    reports.SessionStarted,
    reports.SessionProgressed,
)
NO_VENDOR: Final = reports.DataTransferAnswer("unknown_vendor_id")

WAYS: Mapping[type[reports.Report], tuple[Way, Any]] = {
    reports.Booted: (Reception.boot, stations.receive_boot),
    reports.CertificateRequested: (Reception.sign, certificates.keep_signed),
    reports.ChargingNeedsTold: (Reception.act, needs.receive_needs),
    reports.ChargingScheduleTold: (Reception.act, needs.receive_schedule),
    reports.DataTransferred: (
        Reception.answer_at_once,
        reports.DataTransferAnswer("unknown_vendor_id"),
    ),
    reports.Heartbeat: (Reception.tell_time, stations.note_seen),
    reports.Metered: (Reception.keep, solar.take_readings),
    reports.Noted: (Reception.act, notes.keep),
    reports.ReservationEnded: (Reception.act, bookings.reservation_ended),
    reports.SessionEnded: (Reception.keep, sessions.end_session),
    reports.SessionProgressed: (Reception.keep, sessions.progress_session),
    reports.SessionStarted: (Reception.keep, sessions.start_session),
    reports.SettingsReported: (Reception.keep_settings, stations.store_settings),
    reports.StatusChanged: (Reception.act, stations.receive_status),
    reports.TokenPresented: (Reception.authorise, sessions.authorise),
    ChainStatusAsked: (Reception.ask_chain_status, None),
    ContractAsked: (Reception.ask_contract, None),
    StatusAsked: (Reception.ask_status, None),
}
