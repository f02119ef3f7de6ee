"""What every page is guarded by, seen from outside."""

import pytest

from chargehub.web.pages.accounts import own_path
from tests.web.browsing import BrowsedHub

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CREDENTIALS = {"email": "anna@example.org", "password": "correct horse"}
OURS = {"Sec-Fetch-Site": "same-origin"}


async def test_pages_load_nothing_from_elsewhere_and_let_nobody_frame_them(
    browsed: BrowsedHub, database: str
) -> None:
    answer = await browsed.api.get("/")

    policy = answer.headers["content-security-policy"]
    assert answer.status_code == 200
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "<script>" not in answer.text and " style=" not in answer.text
    assert answer.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
    ],
)
async def test_a_form_of_another_site_is_refused(
    browsed: BrowsedHub, database: str, headers: dict[str, str]
) -> None:
    await browsed.person("anna")

    answer = await browsed.api.post("/login", data=CREDENTIALS, headers=headers)

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_a_login_is_kept_where_no_script_reads_it(browsed: BrowsedHub, database: str) -> None:
    await browsed.person("anna")

    answer = await browsed.api.post("/login", data=CREDENTIALS, headers=OURS)

    cookie = answer.headers["set-cookie"].lower()
    assert answer.status_code == 303
    assert "httponly" in cookie and "samesite=lax" in cookie
    account = await browsed.api.get("/account")
    assert "anna@example.org" in account.text


async def test_who_is_not_logged_in_comes_back_to_where_they_were_going(
    browsed: BrowsedHub, database: str
) -> None:
    answer = await browsed.api.get("/account?x=1")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Faccount%3Fx%3D1"


@pytest.mark.parametrize(
    "text", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "\t//e.x"]
)
async def test_nobody_is_led_elsewhere_after_a_login(database: str, text: str) -> None:
    assert own_path(text) == "/"
    assert own_path("/bookings/1?a=b") == "/bookings/1?a=b"


async def test_a_wrong_password_says_so_and_keeps_the_address(
    browsed: BrowsedHub, database: str
) -> None:
    sent = CREDENTIALS | {"password": "wrong horse"}

    answer = await browsed.api.post("/login", data=sent, headers=OURS)

    assert answer.status_code == 401
    assert "The e-mail address or the password is wrong." in answer.text
    assert 'value="anna@example.org"' in answer.text and "wrong horse" not in answer.text


async def test_what_is_wrong_stands_next_to_its_field(browsed: BrowsedHub, database: str) -> None:
    sent = CREDENTIALS | {"password": "short", "name": "Anna"}

    answer = await browsed.api.post("/register", data=sent, headers=OURS)

    assert answer.status_code == 422
    assert 'id="password-wrong"' in answer.text
    assert 'aria-describedby="password-hint password-wrong"' in answer.text


async def test_what_is_not_a_page_is_told_in_the_shape_of_who_asks(
    browsed: BrowsedHub, database: str
) -> None:
    page, rest = await browsed.api.get("/nowhere"), await browsed.api.get("/api/v1/nowhere")

    assert (page.status_code, rest.status_code) == (404, 404)
    assert page.headers["content-type"].startswith("text/html")
    assert rest.headers["content-type"] == "application/problem+json"


async def test_pages_read_for_their_login_what_rest_answers(
    browsed: BrowsedHub, database: str
) -> None:
    await browsed.person("anna")
    await browsed.api.post("/login", data=CREDENTIALS, headers=OURS)

    own = await browsed.api.get("/data/accounts/me", headers=OURS)
    other = await browsed.api.get("/data/accounts/me", headers={"Sec-Fetch-Site": "cross-site"})

    assert own.json()["email"] == "anna@example.org"
    assert other.status_code == 403
    assert (await browsed.api.post("/data/accounts/me", headers=OURS)).status_code == 405


async def test_files_are_kept_for_ever_and_pages_fit_a_weak_line(
    browsed: BrowsedHub, database: str
) -> None:
    page = await browsed.api.get("/")
    address = next(part for part in page.text.split('"') if part.endswith("chargehub.css"))

    file = await browsed.api.get(address)

    assert "immutable" in file.headers["cache-control"]
    assert page.headers["content-encoding"] == "gzip"
    assert (await browsed.api.get("/static/1/../settings.py")).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/?hours=99999999999999&when=later&from=2026-03-03T10:00",
        "/?when=later&from=9999-12-31T23:59&hours=12",
        "/?when=later&from=0001-01-01T00:00",
        "/?need=1e999999",
        "/?south=nan&west=1&north=2&east=3",
        "/book/{evse_id}?hours=99999999999&from=2026-03-03T10:00&need=20",
        "/login?next=%0d%0aSet-Cookie:x",
    ],
)
async def test_no_address_meets_a_fault(browsed: BrowsedHub, database: str, path: str) -> None:
    place = await browsed.station(await browsed.person("anna"), "2.0.1")
    await browsed.api.post("/login", data=CREDENTIALS, headers=OURS)

    answer = await browsed.api.get(path.format(evse_id=place.evse_ids[0]))

    assert answer.status_code in (200, 422)
    assert answer.headers["content-type"].startswith("text/html")


async def test_a_form_of_too_many_fields_is_refused_on_a_page(
    browsed: BrowsedHub, database: str
) -> None:
    fields = {f"field{number}": "1" for number in range(600)}

    answer = await browsed.api.post("/login", data=fields, headers=OURS)

    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
