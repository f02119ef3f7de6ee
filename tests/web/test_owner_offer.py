"""What an owner offers, beside times and price: photos."""

from collections.abc import AsyncIterator

import pytest

from chargehub.rest.edge import FILE_BYTES, FORM_BYTES
from tests.hub import Person
from tests.listings.photographs import photo
from tests.web.browsing import BrowsedHub
from tests.web.test_owner_start import OURS, logged_in

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def console(hub: BrowsedHub) -> tuple[Person, str]:
    """An owner who is logged in, and where the pages of their station are."""
    owner = await hub.person("owner", pays=False)
    place = await hub.station(owner, "2.0.1")
    await logged_in(hub, "owner")
    return owner, f"/owner/stations/{place.station_id}"


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
