"""The OpenAPI document is good enough to write a client from without reading the code."""

from collections import Counter
from typing import Any

import pytest

from chargehub.rest.problems import MEDIA_TYPE
from chargehub.routing import TAGS
from tests.docs_tables import openapi, operations, who

Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi()


def names(found: list[Operation]) -> list[str]:
    return [f"{method} {path}" for method, path, _ in found]


def test_every_route_says_what_it_does(document: dict[str, Any]) -> None:
    """A summary that is only the function's name in capitals says nothing."""
    silent = [
        one
        for one in operations(document)
        if not one[2].get("description")
        or one[2]["summary"] == one[2]["operationId"].replace("_", " ").title()
    ]

    assert names(silent) == []


def test_every_route_has_one_tag_that_is_explained(document: dict[str, Any]) -> None:
    wrong = [one for one in operations(document) if len(set(one[2]["tags"]) & set(TAGS)) != 1]
    used = {tag for _, _, operation in operations(document) for tag in operation["tags"]}

    assert names(wrong) == []
    assert used == set(TAGS)


def test_operation_ids_are_names_that_a_client_can_use(document: dict[str, Any]) -> None:
    counted = Counter(operation["operationId"] for _, _, operation in operations(document))

    assert [name for name, count in counted.items() if count > 1 or not name.isidentifier()] == []


def test_schemas_have_plain_names_and_say_what_they_are(document: dict[str, Any]) -> None:
    """Two classes of one name show up in clients under the names of our modules."""
    schemas = document["components"]["schemas"]

    assert [name for name in schemas if "__" in name] == []
    assert [
        name
        for name, schema in schemas.items()
        if not schema.get("description") and not name.startswith("Page_")
    ] == []


def test_every_route_documents_its_problems(document: dict[str, Any]) -> None:
    wrong = [
        (f"{method} {path}", status)
        for method, path, operation in operations(document)
        for status in expected_problems(method, path, operation)
        if not is_problem(operation["responses"].get(status, {}))
    ]

    assert wrong == []


def expected_problems(method: str, path: str, operation: dict[str, Any]) -> set[str]:
    expected = {"422", "default"} | ({"503"} if path != "/readyz" else set())
    if operation.get("security"):
        expected |= {"401", "403"}
    if "{" in path:
        expected.add("404")
    if "requestBody" in operation:
        expected |= {"409", "413", "429"}
    return expected


def is_problem(response: dict[str, Any]) -> bool:
    schema = response.get("content", {}).get(MEDIA_TYPE, {}).get("schema")
    return bool(schema == {"$ref": "#/components/schemas/Problem"} and response["description"])


def test_every_route_of_the_api_says_who_may_ask(document: dict[str, Any]) -> None:
    """`POST /accounts` takes a key too, but asks for none; the others are open to everybody."""
    anybody = {path for _, path, operation in operations(document) if who(operation) == "anybody"}

    assert anybody == {
        "/api/v1/accounts",
        "/api/v1/logins",
        "/api/v1/email-verifications",
        "/api/v1/password-resets",
        "/api/v1/password-resets/{token}",
        "/api/v1/evses",
        "/api/v1/calendar-feeds/{token}.ics",
        "/api/v1/evses/stream",
        "/api/v1/evses/{evse_id}",
        "/api/v1/evses/{evse_id}/calendar",
        "/api/v1/evses/{evse_id}/starts",
        "/api/v1/guest-bookings",
        "/api/v1/guest-bookings/{token}",
        "/api/v1/guest-bookings/{token}/confirm",
        "/api/v1/guest-bookings/pages/{page_id}/return",
        "/api/v1/ad-hoc-sessions",
        "/api/v1/pay-codes/{code}",
        "/api/v1/ad-hoc-sessions/{token}/invoice.html",
        "/api/v1/ad-hoc-sessions/{token}",
        "/api/v1/ad-hoc-sessions/{token}/stop",
        "/api/v1/maps/evses",
        "/api/v1/journeys/evses",
        "/api/v1/photos/{photo_id}",
        "/api/v1/stations/{station_id}/photos",
        "/api/v1/stations/{station_id}/facts",
        "/api/v1/jurisdictions",
        "/api/v1/jurisdictions/{code}",
        "/api/v1/stations/{station_id}/reviews",
        "/api/v1/ledger/audit",
        "/api/v1/payment-method-setups/{setup_id}/return",
        "/api/v1/payments/{payment_id}/return",
        "/api/v1/top-ups/{top_up_id}/return",
        "/api/v1/sandbox/pages/{reference}",
        "/api/v1/sandbox/pages/{reference}/confirm",
        "/api/v1/sandbox/pages/{reference}/refuse",
        "/api/v1/payout-accounts/return",
        "/api/v1/payout-accounts/refresh",
        "/api/v1/webhooks/stripe",
        "/.well-known/chargehub-receipt-keys.json",
        "/healthz",
        "/readyz",
        "/metrics",
    }


def test_requests_refuse_unknown_fields(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    bodies = {
        option["$ref"].rsplit("/", 1)[-1]
        for _, _, operation in operations(document)
        for content in operation.get("requestBody", {}).get("content", {}).values()
        if content["schema"].get("format") != "binary"  # a file has no fields
        for option in content["schema"].get("oneOf", content["schema"].get("anyOf", []))
        or [content["schema"]]
    }

    assert [name for name in bodies if schemas[name].get("additionalProperties") is not False] == []


FEW = {
    "/api/v1/bookings/{booking_id}/alternatives",
    "/api/v1/guest-booking/alternatives",
    "/api/v1/evses/{evse_id}/household",
    "/api/v1/payment-methods",
    "/api/v1/payout-accounts",
}  # there are few of these


def test_every_list_comes_in_pages(document: dict[str, Any]) -> None:
    """Also short ones have the form of a page, so that they may grow."""
    schemas = document["components"]["schemas"]
    wrong = []
    for method, path, operation in operations(document):
        content = operation["responses"].get("200", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        name = schema.get("$ref", "").rsplit("/", 1)[-1]
        asked = {one["name"] for one in operation.get("parameters", [])}
        is_page = "next" in schemas.get(name, {}).get("properties", {})
        is_unpaged = is_page and path not in FEW and not {"limit", "cursor"} <= asked
        if schema.get("type") == "array" or is_unpaged:
            wrong.append(f"{method} {path}")

    assert wrong == []
