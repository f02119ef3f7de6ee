"""Requests that cannot be meant or are not for who asks, each with its exact error."""

from dataclasses import dataclass
from typing import Any

from chargehub.rails.sandbox import METHODS

SLOT = {"starts_at": "2026-03-10T10:00:00Z", "ends_at": "2026-03-10T11:00:00Z"}
BOOKING = {"evse_id": "{evse_id}", **SLOT}
PLACE = {"name": "Yard", "address": "A 1", "latitude": 59.9, "longitude": 10.7, "time_zone": "UTC"}
EVSE = {"number": 1, "power_w": 11_000, "connectors": [{"number": 1, "type": "IEC_62196_T2"}]}
TARIFF = {
    "name": "Night",
    "currency": "EUR",
    "vat_percent": "19",
    "components": [{"kind": "energy", "per_kwh": "0.30"}],
}
NO_OBJECT = "Input should be a valid dictionary or object to extract fields from"
NO_ZONE = "Give an instant as text with its zone, like 2026-03-02T08:00:00Z or 09:00:00+01:00."
NO_PRICE = "give a number from 0 as text, like '0.45', with at most 6 decimals"
WRONG_LOGIN = "The e-mail address or the password is wrong."


@dataclass(frozen=True)
class Case:
    """A request, who sends it, and its error: `where` is its field, empty for the whole."""

    who: str
    request: str
    body: Any
    status: int
    code: str
    detail: str
    where: str = ""
    headers: tuple[tuple[str, str], ...] = ()


def unfit(who: str, request: str, body: Any, where: str, detail: str, **headers: str) -> Case:
    """The request does not fit its schema, in this field."""
    return Case(who, request, body, 422, "invalid", detail, where, tuple(headers.items()))


def slot(**changes: Any) -> dict[str, Any]:
    return BOOKING | changes


def priced(per_kwh: Any) -> dict[str, Any]:
    return TARIFF | {"components": [{"kind": "energy", "per_kwh": per_kwh}]}


def powered(power_w: Any) -> dict[str, Any]:
    return {"location_id": "{location_id}", "evses": [EVSE | {"power_w": power_w}]}


NO_JSON = (
    unfit(
        "driver", "POST /bookings", b'{"evse_id":', "body", "The body is not JSON (character 11)."
    ),
    unfit("driver", "POST /bookings", b"\xff", "body", "The body cannot be read as JSON."),
    unfit("driver", "POST /bookings", b"", "body", "Field required"),
    unfit("driver", "POST /bookings", b"[]", "body", NO_OBJECT),
    unfit("driver", "POST /bookings", b"a=b", "body", NO_OBJECT, **{"content-type": "text/plain"}),
    Case(
        *("driver", "POST /bookings", b'{"evse_id":"' + b"a" * 65_536 + b'"}'),
        *(413, "too_large", "The body is larger than 64 KiB."),
    ),
)
NO_SCHEMA = (
    unfit(
        "driver",
        "POST /bookings",
        slot(evse_id=5),
        "body.evse_id",
        "Input should be a valid string",
    ),
    unfit(
        "driver", "POST /bookings", slot(price=0), "body.price", "Extra inputs are not permitted"
    ),
    unfit("driver", "POST /sessions", {}, "body.evse_id", "Field required"),
    unfit(
        "driver",
        "GET /bookings?role=boss",
        None,
        "query.role",
        "Input should be 'driver' or 'owner'",
    ),
    Case(
        *("driver", "GET /bookings?cursor=AAAA", None, 422, "bad_cursor"),
        "The cursor is not one this list gave. Ask for the first page again.",
    ),
    unfit(
        *("driver", "POST /bookings", BOOKING, "header.Idempotency-Key"),
        "String should match pattern '^[!-~]+$'",
        **{"Idempotency-Key": "a b"},
    ),
)
NO_TIMES = (
    unfit(
        "driver", "POST /bookings", slot(starts_at="2026-03-10T10:00:00"), "body.starts_at", NO_ZONE
    ),
    unfit("driver", "POST /bookings", slot(ends_at=1_772_438_400), "body.ends_at", NO_ZONE),
    unfit(
        *("driver", "POST /bookings", slot(ends_at="9999-01-01T00:00:00Z"), "body.ends_at"),
        "The year must lie between 2000 and 2100.",
    ),
    Case(
        *("driver", "POST /bookings", slot(ends_at=SLOT["starts_at"]), 422, "invalid"),
        "The slot must end after it starts.",
    ),
    unfit(
        "driver",
        "POST /id-tokens",
        {"value": "A1", "expires_at": "2026-03-10"},
        "body.expires_at",
        NO_ZONE,
    ),
    unfit(
        *("owner", "GET /statements/2026-13", None, "path.month"),
        "String should match pattern '^[0-9]{4}-(0[1-9]|1[0-2])$'",
    ),
)
ABSURD = (
    *(
        unfit("owner", "POST /tariffs", priced(one), "body.components.0.energy.per_kwh", NO_PRICE)
        for one in ("-0.30", "1e99", "NaN", 0.3, "0.1234567")
    ),
    unfit("owner", "POST /tariffs", TARIFF | {"vat_percent": "-1"}, "body.vat_percent", NO_PRICE),
    *(
        Case(
            "owner",
            "POST /stations",
            powered(one),
            422,
            "bad_equipment",
            f"EVSE 1: power_w is 1 to 1000000 W, not {one}.",
        )
        for one in (-1, 0, 10**40)
    ),
    unfit(
        "owner",
        "POST /stations",
        powered(1.5),
        "body.evses.0.power_w",
        "Input should be a valid integer",
    ),
    Case(
        *("owner", "POST /locations", PLACE | {"latitude": 91}, 422, "bad_place"),
        "Latitude lies between -90 and 90 degrees.",
    ),
    unfit(
        *(
            "owner",
            "POST /locations",
            b'{"name":"Y","address":"A","latitude":NaN,"longitude":1,"time_zone":"UTC"}',
        ),
        *("body.latitude", "Input should be a finite number"),
    ),
    unfit(
        *("operator", "POST /cdrs/{cdr_id}/corrections", {"energy_wh": -1, "reason": "wrong"}),
        *("body.energy_wh", "Input should be greater than or equal to 0"),
    ),
    unfit(
        *("operator", "POST /cdrs/{cdr_id}/corrections", {"energy_wh": 10**30, "reason": "wrong"}),
        *("body.energy_wh", "Input should be less than or equal to 10000000"),
    ),
    Case(
        *("driver", "POST /payment-methods", {"rail": "sandbox", "reference": "limit:-5"}),
        *(422, "method_refused"),
        f"The sandbox knows {', '.join(METHODS)}, limit:<minor units> and lasts:<minutes>.",
    ),
    unfit(
        "driver",
        "GET /bookings?limit=0",
        None,
        "query.limit",
        "Input should be greater than or equal to 1",
    ),
    unfit(
        "driver",
        "GET /bookings?limit=201",
        None,
        "query.limit",
        "Input should be less than or equal to 200",
    ),
    unfit(
        "nobody",
        "GET /evses?latitude=nan&longitude=0",
        None,
        "query.latitude",
        "Input should be a finite number",
    ),
    unfit(
        *("nobody", "GET /evses?latitude=0&longitude=0&starts_at=2026-03-10T10:00:00Z", None),
        "query.starts_at",
        "There is no such parameter here; there are: access, amenity, connector_type, currency, "
        "cursor, energy_wh, from, is_instant, latitude, limit, longitude, max_total_minor, "
        "min_power_w, order, radius_m, to.",
    ),
    Case(
        *("nobody", "GET /evses?latitude=0&longitude=0&access=members", None, 422, "invalid"),
        "Log in to search for what is there for members alone.",
    ),
    unfit(
        *("nobody", "GET /evses?latitude=0&longitude=0&access=mine", None, "query.access"),
        "Input should be 'public' or 'members'",
    ),
    unfit(
        *("nobody", "GET /evses?latitude=0&longitude=0&radius_m=-5", None, "query.radius_m"),
        "Input should be greater than or equal to 1",
    ),
)
NOT_THEIRS = (
    Case(
        "nobody", "GET /bookings", None, 401, "unauthenticated", "Log in first, or send an API key."
    ),
    Case(
        *("nobody", "GET /bookings", None, 401, "unauthenticated"),
        "This login is not valid. Log in again.",
        headers=(("Authorization", "Bearer chl_guessed"),),
    ),
    *(
        Case(
            "nobody",
            "POST /logins",
            {"email": email, "password": "guessed"},
            401,
            "wrong_login",
            WRONG_LOGIN,
        )
        for email in ("driver@example.org", "nobody@example.org")
    ),
    Case(
        "stranger",
        "GET /bookings/{booking_id}",
        None,
        404,
        "not_found",
        "There is no such booking.",
    ),
    Case(
        "stranger",
        "POST /bookings/{booking_id}/cancel",
        None,
        404,
        "not_found",
        "There is no such booking.",
    ),
    Case(
        "stranger",
        "GET /sessions/{session_id}",
        None,
        404,
        "not_found",
        "There is no session with this id.",
    ),
    Case(
        "stranger",
        "POST /sessions/{session_id}/stop",
        None,
        404,
        "not_found",
        "There is no session with this id.",
    ),
    Case("stranger", "GET /cdrs/{cdr_id}", None, 404, "not_found", "There is no CDR with this id."),
    Case(
        "stranger",
        "GET /stations/{station_id}",
        None,
        404,
        "not_found",
        "You have no station with this id.",
    ),
    Case(
        "stranger",
        "POST /stations/{station_id}/password",
        None,
        404,
        "not_found",
        "You have no station with this id.",
    ),
    Case(
        "stranger", "GET /sandbox/totals", None, 403, "forbidden", "Only an operator may do this."
    ),
    Case(
        *("owner", "POST /cdrs/{cdr_id}/corrections", {"energy_wh": 5, "reason": "mine"}),
        *(403, "forbidden", "Only an operator may do this."),
    ),
    Case("driver", "GET /nothing", None, 404, "not_found", "There is nothing at this address."),
    Case(
        "driver",
        "PUT /bookings",
        {},
        405,
        "method_not_allowed",
        "This address does not answer to PUT.",
    ),
)

CASES = {
    "no JSON": NO_JSON,
    "no schema": NO_SCHEMA,
    "no times": NO_TIMES,
    "absurd": ABSURD,
    "not theirs": NOT_THEIRS,
}
