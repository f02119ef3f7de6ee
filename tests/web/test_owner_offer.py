"""What an owner offers, beside times and price: photos, and the rules of booking."""

from collections.abc import AsyncIterator
from html.parser import HTMLParser

import pytest

from chargehub.rest.edge import FILE_BYTES, FORM_BYTES
from tests.hub import Person
from tests.listings.photographs import photo
from tests.web.browsing import BrowsedHub, browser, window
from tests.web.test_owner_start import OURS, logged_in

RULES = {
    "agree": "anybody",
    "approval_minutes": "",
    "grid_minutes": "15",
    "shortest_minutes": "30",
    "longest_minutes": "720",
    "lead_minutes": "0",
    "horizon_days": "30",
    "buffer_minutes": "10",
    "arrival_grace_minutes": "15",
    "cancellation": "flexible",
    "no_show_fee": "",
    "grace_minutes": "15",
}
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def console(hub: BrowsedHub) -> tuple[Person, str]:
    """An owner who is logged in, and where the pages of their station are."""
    owner = await hub.person("owner", pays=False)
    place = await hub.station(owner, "2.0.1")
    await logged_in(hub, "owner")
    return owner, f"/owner/stations/{place.station_id}"


async def test_an_owner_shows_the_place_and_says_how_it_is_booked(
    browsed: BrowsedHub, database: str
) -> None:
    owner = await browsed.person("owner", pays=False)
    place = await browsed.station(owner, "2.0.1")
    async with browser() as chromium:
        page = await window(chromium, browsed)
        await page.log_in("owner@example.org")
        await page.open(f"/owner/stations/{place.station_id}")
        await page.press("Photos")
        await page.says("No photo yet.")
        chosen = page.page.locator("#photo")
        large = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"x" * (FILE_BYTES + 1)}
        await chosen.set_input_files(large)
        told = await chosen.evaluate("input => input.validationMessage")
        assert told == "The photo is larger than 8 MB. Choose a smaller one."
        picture = photo(size=(600, 400))
        await chosen.set_input_files({**large, "buffer": picture})
        await page.press("Add it")
        await page.says("The photo is there.")
        await page.page.get_by_alt_text("Photo 1").wait_for()
        await page.page.get_by_text("Remove photo 1").click()
        await page.press("Remove it for good")
        await page.says("The photo is gone.")
        await page.press("Rules")
        await page.says("These are the usual rules.")
        await page.page.locator("#agree").select_option("request")
        await page.page.locator("#approval_minutes").select_option("240")
        await page.page.get_by_label("Staying longer than booked").check()
        await page.fill(per_minute="0.20")
        await page.press("Save the rules")
        await page.says("These rules count from now on.")
        await page.says("These are your rules.")

        assert await page.page.get_by_label("Staying longer than booked").is_checked()
        assert page.faults == []
    stated = await owner.get(f"/stations/{place.station_id}/policy")
    assert (stated["mode"], stated["approval_minutes"]) == ("request", 240)
    assert stated["overstay"] == {"per_minute": "0.2", "grace_minutes": 15, "night_ok": True}


async def test_a_photo_is_sent_as_browsers_do_seen_and_removed(
    browsed: BrowsedHub, database: str
) -> None:
    owner, page = await console(browsed)

    files = {"photo": ("IMG_1.jpg", photo(), "image/jpeg")}
    sent = await browsed.api.post(f"{page}/photos", files=files, headers=OURS)
    known = (await owner.get(f"{page.removeprefix('/owner')}/photos"))["items"]
    shown = await browsed.api.get(f"{page}/photos")
    removed = await browsed.api.post(f"{page}/photos/{known[0]['id']}/remove", headers=OURS)

    assert (sent.status_code, removed.status_code) == (303, 303)
    assert [(each["width"], each["height"]) for each in known] == [(60, 40)]
    assert f"/data/photos/{known[0]['id']}" in shown.text and "Remove photo 1" in shown.text
    assert (await owner.get(f"{page.removeprefix('/owner')}/photos"))["items"] == []


@pytest.mark.parametrize(
    ("sent", "status", "told"),
    [
        (("a.jpg", b"GIF89a", "image/jpeg"), 422, "Send a JPEG, PNG or WebP file that is whole."),
        (("", b"", "application/octet-stream"), 422, "Choose a file."),
        (("a.jpg", b"\xff" * (FILE_BYTES + 1), "image/jpeg"), 413, "larger than 8 MB"),
    ],
)
async def test_what_is_wrong_with_a_photo_stands_next_to_it(
    browsed: BrowsedHub, database: str, sent: tuple[str, bytes, str], status: int, told: str
) -> None:
    _owner, page = await console(browsed)

    answer = await browsed.api.post(f"{page}/photos", files={"photo": sent}, headers=OURS)

    assert answer.status_code == status
    assert 'id="photo-wrong"' in answer.text and told in answer.text


async def test_forms_with_files_are_read_from_owners_of_the_station_alone(
    browsed: BrowsedHub, database: str
) -> None:
    """Nobody else can have this hub read megabytes; and none is read beyond a limit."""
    _owner, page = await console(browsed)
    read = 0

    async def body(most_bytes: int) -> AsyncIterator[bytes]:
        nonlocal read
        yield b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'
        while read < most_bytes:
            read += 1 << 20
            yield b"\xff" * (1 << 20)

    form = {"Content-Type": "multipart/form-data; boundary=x", **OURS}
    endless = await browsed.api.post(f"{page}/photos", content=body(FORM_BYTES * 2), headers=form)
    plain = await browsed.api.post(f"{page}/photos", data={"photo": "text"}, headers=OURS)
    await browsed.person("other", pays=False)
    await logged_in(browsed, "other")
    files = {"photo": ("a.jpg", photo(), "image/jpeg")}
    other = await browsed.api.post(f"{page}/photos", files=files, headers=OURS)
    browsed.api.cookies.clear()
    nobody = await browsed.api.post(f"{page}/photos", files=files, headers=OURS)

    assert endless.status_code == 413 and "That did not work" in endless.text
    assert read <= FORM_BYTES + (1 << 20)
    assert (plain.status_code, 'id="photo-wrong"' in plain.text) == (422, True)
    assert other.status_code == 404
    assert (nobody.status_code, nobody.headers["location"]) == (303, "/login?next=%2F")


async def test_saving_the_rules_unchanged_changes_none(browsed: BrowsedHub, database: str) -> None:
    """Those that only REST can state stay, too."""
    owner, page = await console(browsed)
    path = f"{page.removeprefix('/owner')}/policy"
    overstay = {"per_minute": "0.125", "grace_minutes": 7, "night_ok": False}
    own = {"grid_minutes": 1, "longest_minutes": 777, "no_show_fee": "4.50", "overstay": overstay}
    asked = {"instant_for": "trusted", "ends_walk_ups": True, "lead_minutes": 7, **own}
    stated = await owner.ask("PUT", path, asked, 200)

    for language in ("en", "de"):
        shown = await browsed.api.get(f"{page}/rules?language={language}")
        sent = await browsed.api.post(f"{page}/rules", data=filled_in(shown.text), headers=OURS)
        assert sent.status_code == 303

    assert await owner.get(path) == stated


def filled_in(text: str) -> dict[str, str]:
    """What a browser would send of the last form of a page."""
    form = _Form()
    form.feed(text[text.rindex("<form") :])
    return form.fields


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "select":
            self._select = given["name"]
        elif tag == "option" and ("selected" in given or self._select not in self.fields):
            self.fields[self._select] = given["value"]
        elif tag == "input" and (given["type"] != "checkbox" or "checked" in given):
            self.fields[given["name"]] = given["value"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"agree": "?"}, "agree"),
        ({"shortest_minutes": "240", "longest_minutes": "60"}, "longest_minutes"),
        ({"grid_minutes": "60", "longest_minutes": "45"}, "longest_minutes"),
        ({"horizon_days": "91"}, "horizon_days"),
        ({"horizon_days": ""}, "horizon_days"),
        ({"lead_minutes": "9" * 5_000}, "lead_minutes"),
        ({"cancellation": "never"}, "cancellation"),
        ({"no_show_fee": "-1"}, "no_show_fee"),
        ({"no_show_fee": "1000"}, "no_show_fee"),
        ({"overstay": "yes", "per_minute": "0"}, "per_minute"),
        ({"overstay": "yes", "per_minute": "0.12345"}, "per_minute"),
        ({"overstay": "yes", "per_minute": "7"}, "per_minute"),
        ({"overstay": "yes", "grace_minutes": "61"}, "grace_minutes"),
    ],
)
async def test_what_is_wrong_with_a_rule_stands_next_to_it(
    browsed: BrowsedHub, database: str, changed: dict[str, str], field: str
) -> None:
    _owner, page = await console(browsed)

    answer = await browsed.api.post(f"{page}/rules", data=RULES | changed, headers=OURS)

    assert answer.status_code == 422
    assert f'id="{field}-wrong"' in answer.text
    assert "See below" in answer.text


async def test_rules_of_what_is_not_published_say_what_comes_first(
    browsed: BrowsedHub, database: str
) -> None:
    place = await browsed.station(await browsed.person("owner"), "2.0.1", publish=False)
    await logged_in(browsed, "owner")

    shown = await browsed.api.get(f"/owner/stations/{place.station_id}/rules")
    sent = await browsed.api.post(
        f"/owner/stations/{place.station_id}/rules", data=RULES, headers=OURS
    )

    assert "It is not published yet." in shown.text
    assert sent.status_code == 404 and "Publish it, then state its policy." in sent.text
