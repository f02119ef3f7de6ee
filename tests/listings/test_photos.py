"""Photos of a station: nothing of the file but its pixels is kept, and who sees them."""

from io import BytesIO

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.ExifTags import IFD

from chargehub.errors import Refused
from chargehub.listings import pictures
from chargehub.rest.edge import FILE_BYTES
from tests.listings.photographs import TOLD, photo
from tests.listings.test_publishing import new_tariff, publish
from tests.stations.rest import Api, new_station, refusal
from tests.stations.samples import ON_SQLITE

# Source: ITU-T T.81, table B.1 and section B.1.1.3: the markers of a baseline or progressive file.
NEEDED = {0xDB, 0xC0, 0xC2, 0xC4, 0xDA, 0xE0}


def segments(jpeg: bytes) -> list[int]:
    """The markers of a JPEG file up to the first scan."""
    assert jpeg[:2] == b"\xff\xd8"
    found, at = [], 2
    while not found or found[-1] != 0xDA:
        assert jpeg[at] == 0xFF
        found.append(jpeg[at + 1])
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    return found


@pytest.mark.parametrize("form", pictures.FORMATS)
def test_nothing_but_the_pixels_is_left(form: str) -> None:
    sent = photo(form)
    with Image.open(BytesIO(sent)) as before:
        assert before.getexif().get_ifd(IFD.GPSInfo)
        assert TOLD in sent

    made = pictures.redrawn(sent)

    assert TOLD not in made.content
    assert set(segments(made.content)) <= NEEDED
    with Image.open(BytesIO(made.content)) as after:
        assert not after.getexif()
        assert all(name.startswith("jfif") for name in after.info)
        assert (after.format, after.size) == ("JPEG", (60, 40))


def test_a_picture_that_was_taken_upright_stays_upright() -> None:
    """EXIF said so, and EXIF goes: red, which was on the left, is at the top."""
    made = pictures.redrawn(photo(turned=True))

    assert (made.width, made.height) == (40, 60)
    with Image.open(BytesIO(made.content)) as image:
        red, green, blue = image.convert("RGB").tobytes()[(5 * 40 + 20) * 3 :][:3]
        assert red > 200 and green < 60 and blue < 60


def test_large_photos_get_small() -> None:
    made = pictures.redrawn(photo(size=(4_000, 3_000)))

    assert (made.width, made.height) == (1_600, 1_200)


@pytest.mark.parametrize(
    ("form", "edge", "most"), [("JPEG", 7_100, 50), ("PNG", 4_001, 16), ("WEBP", 4_001, 16)]
)
def test_a_small_file_with_a_huge_picture_is_not_drawn(form: str, edge: int, most: int) -> None:
    """A WebP of 49 million dots is 46 bytes, and takes 1 GB to draw."""
    file = BytesIO()
    Image.new("L", (edge, edge)).save(file, form)

    with pytest.raises(pictures.BadPhoto, match=f"{most} million pixels"):
        pictures.redrawn(file.getvalue())


def test_a_small_file_that_is_drawn_over_and_over_is_not_drawn() -> None:
    """Each scan of a progressive JPEG goes over the whole picture, and can be 100 bytes."""
    file = BytesIO()
    Image.new("L", (80, 80)).save(file, "JPEG", progressive=True)
    whole = file.getvalue()
    last = whole[whole.rindex(b"\xff\xda") : -2]
    assert pictures.redrawn(whole).width == 80

    with pytest.raises(pictures.BadPhoto, match="100 scans"):
        pictures.redrawn(whole[:-2] + last * 100 + b"\xff\xd9")


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # of Pillow, over broken EXIF
@given(cut=st.integers(0, 1_500), junk=st.binary(max_size=40))
def test_what_is_no_photo_is_refused_by_name(cut: int, junk: bytes) -> None:
    sent = photo()
    broken = sent[:cut] + junk + sent[cut + len(junk) :]

    for each in (sent[:cut], junk, broken):
        try:
            made = pictures.redrawn(each)
        except Refused as refused:
            assert refused.code == "bad_photo"
        else:
            assert TOLD not in made.content


async def send(owner: httpx2.AsyncClient, station_id: str, file: bytes) -> httpx2.Response:
    return await owner.post(f"/stations/{station_id}/photos", content=file)


async def test_a_photo_is_added_seen_and_removed(api: Api) -> None:
    owner, stranger = await api.owner(), await api.owner("stranger")
    station_id = (await new_station(owner))["id"]
    added = await send(owner, station_id, photo("PNG"))
    path = f"/photos/{added.json()['id']}"
    hidden = [await one.get(path) for one in (owner, stranger)]
    await publish(owner, station_id, await new_tariff(api, owner))

    listed = (await stranger.get(f"/stations/{station_id}/photos")).json()["items"]
    shown = await stranger.get(path)
    assert (await stranger.delete(f"/stations/{station_id}{path}")).status_code == 404
    assert (await owner.delete(f"/stations/{station_id}{path}")).status_code == 204

    assert [answer.status_code for answer in hidden] == [200, 404]
    assert [answer.headers["cache-control"] for answer in hidden] == ["no-store"] * 2
    assert shown.headers["cache-control"] == "public, max-age=3600"
    assert listed == [added.json()]
    assert shown.headers["content-type"] == "image/jpeg"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert len(shown.content) == listed[0]["size_bytes"] and TOLD not in shown.content
    assert (await owner.get(path)).status_code == 404


@ON_SQLITE
async def test_photos_are_limited_in_size_kind_and_number(api: Api) -> None:
    owner = await api.owner()
    station_id = (await new_station(owner))["id"]

    large = await send(owner, station_id, b"\xff" * (FILE_BYTES + 1))
    svg = await send(owner, station_id, b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    answers = [await send(owner, station_id, photo()) for _ in range(11)]

    assert refusal(large) == (413, "too_large", "The body is larger than 8192 KiB.")
    assert refusal(svg)[:2] == (422, "bad_photo")
    assert [answer.status_code for answer in answers[:10]] == [201] * 10
    assert refusal(answers[10])[:2] == (409, "too_many_photos")
