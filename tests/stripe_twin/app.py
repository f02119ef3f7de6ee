"""The twin as an ASGI application: requests and answers are held against the specification."""

import asyncio
import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.stripe_twin import (  # noqa: F401  # each answers its operations
    accounts,
    balances,
    charges,
    checkout,
    customers,
    destinations,
    disputes,
    events,
    forms,
    hosted,
    payment_intents,
    payouts,
    refunds,
    setup_intents,
    specification,
    transfers,
)
from tests.stripe_twin.errors import Refused
from tests.stripe_twin.manners import Answer, Fault, Faults, Keys
from tests.stripe_twin.specification import Operation
from tests.stripe_twin.world import HANDLERS, Call, Object, World

KEY = "sk_test_twin"
SLOW_S = 0.2
_KINDS = {  # how ids begin, and where the thing is
    "acct": "account",
    "ch": "charge",
    "cus": "customer",
    "dp": "dispute",
    "du": "dispute",
    "fee": "application_fee",
    "pi": "payment_intent",
    "pm": "payment_method",
    "po": "payout",
    "re": "refund",
    "seti": "setup_intent",
    "tr": "transfer",
    "trr": "transfer_reversal",
    "txn": "balance_transaction",
}


class Dropped(Exception):
    """The line broke: no answer reaches who asked."""


@dataclass(slots=True)
class Twin:
    """The twin. `hit`: the operations asked for. `shortcomings`: what it answered wrong.

    `misasked`: what the specification does not know, or forbids; who asked may hide the refusal.
    """

    world: World = field(default_factory=World)
    keys: Keys = field(default_factory=Keys)
    faults: Faults = field(default_factory=Faults)
    hit: set[str] = field(default_factory=set)
    shortcomings: list[str] = field(default_factory=list)
    misasked: list[str] = field(default_factory=list)
    loses: dict[str, set[str]] = field(default_factory=dict)  # a word, and the keys it lost already

    def app(self) -> Starlette:
        """The application."""
        api = Route("/v1/{path:path}", self._serve, methods=["GET", "POST", "DELETE"])
        return Starlette(routes=[api, *hosted.routes(self.world)])

    async def _serve(self, request: Request) -> Response:
        fault = self.faults.take()
        if fault == "slow":
            await asyncio.sleep(SLOW_S)
        if fault == "drop_before":
            return _broken_line()
        answer = self._answer(request, await request.body(), fault)
        if fault == "drop_after" or self._is_lost(request, await request.body()):
            return _broken_line()
        headers = {"Request-Id": "req_twin"}
        if answer.is_replay:
            headers["Idempotent-Replayed"] = "true"
        return JSONResponse(dict(answer.body), answer.status, headers)

    def _is_lost(self, request: Request, body: bytes) -> bool:
        """The first answer under each key to what has such a word in it never arrives."""
        key = request.headers.get("idempotency-key", "")
        for word, lost in self.loses.items():
            if word in body.decode() and key and key not in lost:
                lost.add(key)
                return True
        return False

    def _answer(self, request: Request, body: bytes, fault: Fault | None) -> Answer:
        try:
            if fault == "too_many":
                raise Refused("Too many requests.", status=429, code="rate_limit")
            if request.headers.get("authorization") != f"Bearer {KEY}":
                raise Refused("Invalid API Key provided.", status=401)
            return self._once(request, body, fault)
        except Refused as refused:
            return _refusal(refused)

    def _once(self, request: Request, body: bytes, fault: Fault | None) -> Answer:
        """Carry a POST with a key out once; what was answered then is answered again."""
        key = request.headers.get("idempotency-key")
        if request.method != "POST" or key is None:
            return self._done(request, body, fault)
        account = request.headers.get("stripe-account", "")
        asked = f"{account} {request.url.path} {body.decode()}"
        before = self.keys.begin(key, asked, self.world.clock.now)
        if before is not None:
            return before
        answer = self._done(request, body, fault)
        self.keys.end(key, answer)
        return answer

    def _done(self, request: Request, body: bytes, fault: Fault | None) -> Answer:
        broken = {"type": "api_error", "message": "An unknown error occurred"}
        if fault == "broken":
            return Answer(500, {"error": broken})
        try:
            answer = Answer(200, self._carried_out(request, body))
        except Refused as refused:
            answer = _refusal(refused)
        return Answer(500, {"error": broken}) if fault == "broken_after" else answer

    def _carried_out(self, request: Request, body: bytes) -> Object:
        found = specification.operation(request.method, request.url.path)
        if found is None:
            self.misasked.append(f"{request.method} {request.url.path}")
            raise Refused(
                f"Unrecognized request URL ({request.method}: {request.url.path}).", status=404
            )
        operation, path = found
        text = body.decode() if request.method == "POST" else request.url.query
        try:
            params = _asked(operation, text)
        except Refused as refused:
            self.misasked.append(f"{operation.id}: {refused}")
            raise
        handler = HANDLERS.get(operation.id)
        if handler is None:
            self.shortcomings.append(f"{operation.id} is not played")
            raise Refused(f"The twin does not play {operation.id}.", status=501)
        self.hit.add(operation.id)
        call = Call(params, path, request.headers.get("stripe-account", ""))
        answer = shown(handler(self.world, call))
        for way in params.get("expand", ()):
            _expand(self.world, call.account, answer, way.split("."))
        self._check(operation, answer)
        return answer

    def _check(self, operation: Operation, answer: Object) -> None:
        for place, wrong in specification.answered_wrong(operation, answer):
            self.shortcomings.append(f"{operation.id} answers {place}: {wrong}")


def shown(thing: Any) -> Any:
    """A copy of an object as the outside sees it: without what the twin notes for itself."""
    if isinstance(thing, dict):
        return {key: shown(value) for key, value in thing.items() if not key.startswith("_")}
    if isinstance(thing, list):
        return [shown(one) for one in thing]
    return copy.copy(thing)


def _asked(operation: Operation, text: str) -> Mapping[str, Any]:
    """The parameters, typed. Raises Refused for an unknown one, or a wrong value."""
    told = forms.nested(parse_qsl(text, keep_blank_values=True))
    params: dict[str, Any] = forms.typed(operation.asked, told)
    for place, wrong in specification.asked_wrong(operation, params):
        is_unknown = "Additional properties" in wrong
        raise Refused(
            f"Received unknown parameter: {wrong}" if is_unknown else f"Invalid {place}: {wrong}",
            code="parameter_unknown" if is_unknown else None,
            param=place or None,
        )
    return params


def _expand(world: World, account: str, thing: Object, way: list[str]) -> None:
    """Put the object itself where its id stands."""
    for holder in _holders(thing, way[0]):
        value = holder.get(way[0])
        if isinstance(value, str):
            kind = _KINDS.get(value.split("_")[0])
            if kind is None:
                raise Refused(f"This property cannot be expanded ({way[0]}).", param="expand")
            value = holder[way[0]] = shown(world.one(account, kind, value))
        if len(way) > 1 and isinstance(value, dict):
            _expand(world, account, value, way[1:])
        elif len(way) > 1 and isinstance(value, list):
            for one in value:
                _expand(world, account, one, way[1:])


def _holders(thing: Object, name: str) -> Iterator[Object]:
    if name in thing:
        yield thing


def _refusal(refused: Refused) -> Answer:
    return Answer(refused.status, {"error": shown(refused.error)})


def _broken_line() -> Response:
    """A response that promises more than it brings, so that the line is closed in its middle."""
    return Response(b"{", headers={"Content-Length": "4096", "Content-Type": "application/json"})


def as_json(thing: Object) -> str:
    """An object as it is sent."""
    return json.dumps(shown(thing))
