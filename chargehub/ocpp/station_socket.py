"""The socket of one station: read in small pieces, and no more of what is no message than is due.

Pings, pongs and pieces of frames reach no queue, so that nothing else would ever stop them.
"""

import asyncio
from contextlib import suppress
from typing import Any, Final

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import Event

from chargehub.ocpp.admission import Entry
from chargehub.ocpp.limits import Pace
from chargehub.ocpp.manners import TunedConnection
from chargehub.stations.views import StationView

READ_BYTES: Final = 2_048  # at once, so that others have their turn soon: 300 pings, 60 heartbeats
GOODBYE_S: Final = 5.0  # what the other side may take to hang up after we said the last word
GOODBYE_BYTES: Final = 65_536  # and what it may go on sending meanwhile, unread
UNREAD_S: Final = 60.0  # what a station may take to read what waits for it; 1 KiB/s is enough
MESSAGES: Final = (Opcode.TEXT, Opcode.BINARY)


class StationSocket(TunedConnection):
    """A connection that knows whose it is, from the login on."""

    station: StationView
    entry: Entry
    well_spoken: frozenset[str] = frozenset()  # subprotocols that its model is known to speak well
    control: Pace | None = None  # set at the login

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._unread = b""
        self._goodbye_bytes = 0
        self._goodbye: asyncio.TimerHandle | None = None
        self._slowed: asyncio.TimerHandle | None = None

    @property
    def is_cut_off(self) -> bool:
        """Was it the hub that hung up, because the station sends too much?"""
        sent = self.protocol.close_sent
        is_echo = self.protocol.close_rcvd_then_sent
        return sent is not None and sent.code == CloseCode.POLICY_VIOLATION and not is_echo

    def connection_made(self, transport: Any) -> None:
        """By itself asyncio reads 256 KiB at once: five thousand heartbeats without a pause."""
        transport.max_size = READ_BYTES
        super().connection_made(transport)
        self.recv_messages.resume = self._resume

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        for timer in (self._goodbye, self._slowed):
            if timer is not None:
                timer.cancel()
        self._unread = b""
        super().connection_lost(exc)

    def eof_received(self) -> None:
        """What was put off is not looked at: nobody is there for the answer."""
        self._unread = b""
        super().eof_received()

    def data_received(self, data: bytes) -> None:
        """TLS gives more at once than was asked for; the rest waits if the station is slowed."""
        if self._unread or self._slowed is not None or len(data) > READ_BYTES:
            self._unread += data
            self._read_on()
        else:
            self._read(bytes(data))

    def _read_on(self) -> None:
        while self._unread and self._slowed is None:
            piece, self._unread = self._unread[:READ_BYTES], self._unread[READ_BYTES:]
            self._read(piece)

    def _read(self, piece: bytes) -> None:
        super().data_received(piece)
        if self.protocol.eof_sent:  # we have said the last word: nothing is read any more
            self._discard(len(piece))

    def _discard(self, length: int) -> None:
        self._goodbye_bytes += length
        if self._goodbye is None:
            self._goodbye = self.loop.call_later(GOODBYE_S, self.transport.abort)
        if self._goodbye_bytes > GOODBYE_BYTES:
            self._unread = b""
            self.transport.abort()

    def send_data(self) -> None:
        """All at once: hundreds of pongs are one system call, and one failure if nobody is left."""
        waiting = self.protocol.data_to_send()
        if self.transport.is_closing():
            return
        if content := b"".join(waiting):
            self.transport.write(content)
        if b"" not in waiting:
            return
        if not self.transport.can_write_eof():  # TLS
            self.transport.close()
            return
        with suppress(OSError):
            self.transport.write_eof()

    async def drain(self) -> None:
        """Wait until the station has read enough. Raises TimeoutError: then its line is dropped.

        Nothing else would do that: behind what it does not read no ping and no close arrives.
        """
        until_s = self.close_deadline or self.loop.time() + UNREAD_S
        async with asyncio.timeout_at(until_s):
            await super().drain()

    def process_event(self, event: Event) -> None:
        """A message has its own pace; what else comes is counted here."""
        super().process_event(event)
        if isinstance(event, Frame) and not (event.fin and event.opcode in MESSAGES):
            self._count()

    def _count(self) -> None:
        if self.control is None:  # it did not await the answer to its request
            self.transport.abort()
            return
        wait_s = self.control.wait_s(0, self.loop.time())
        if wait_s and self.control.is_flood(1):
            self._cut_off()
        elif wait_s:
            self._slow(wait_s)

    def _slow(self, wait_s: float) -> None:
        self.transport.pause_reading()
        if self._slowed is not None:
            self._slowed.cancel()
        self._slowed = self.loop.call_later(wait_s, self._go_on)

    def _go_on(self) -> None:
        self._slowed = None
        self._read_on()
        if not self.recv_messages.paused:
            self._resume()

    def _resume(self) -> None:
        """The queue of messages has room; but a station that is slowed is not read yet."""
        if self._slowed is None:
            self.transport.resume_reading()

    def _cut_off(self) -> None:
        if not self.protocol.eof_sent:
            self.protocol.fail(CloseCode.POLICY_VIOLATION, "too many messages")
            self.send_data()
