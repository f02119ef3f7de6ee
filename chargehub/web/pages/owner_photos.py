"""Photos of a station: added, seen as drivers see them, removed."""

from fastapi import APIRouter, Response

from chargehub.web.api import Refused
from chargehub.web.forms import Form
from chargehub.web.languages import mark as _
from chargehub.web.owned import Owned, owned
from chargehub.web.uploads import sent_file
from chargehub.web.visitors import KnownVisitor, Visitor

router = APIRouter()

PHOTO_BYTES = 8 * 1024 * 1024  # what REST takes: a browser says so before it sends more
_TOO_LARGE = _("The photo is larger than 8 MB. Choose a smaller one.")


@router.get("/owner/stations/{station_id}/photos")
async def get_photos(station_id: str, visitor: KnownVisitor) -> Response:
    """The photos of a station, and a form for another one."""
    return await _photos(visitor, await owned(visitor, station_id), Form())


async def _photos(visitor: Visitor, shown: Owned, form: Form, status: int = 200) -> Response:
    return visitor.page(
        "owner/photos.html",
        status,
        form=form,
        owned=shown,
        photos=(await visitor.api.get(f"/stations/{shown.id}/photos"))["items"],
        most_bytes=PHOTO_BYTES,
        too_large=_TOO_LARGE,
    )


@router.post("/owner/stations/{station_id}/photos")
async def post_photo(station_id: str, visitor: KnownVisitor) -> Response:
    """Add a photo; REST takes its file as it is."""
    shown = await owned(visitor, station_id)  # nothing is read for anybody else
    try:
        photo = await sent_file(visitor.request, "photo")
        await visitor.api.post(f"/stations/{station_id}/photos", photo)
    except Refused as refused:
        form = Form()
        form.errors["photo"] = _TOO_LARGE if refused.status == 413 else refused.detail
        return await _photos(visitor, shown, form, refused.status)
    return visitor.to(f"{shown.path}/photos", _("The photo is there."))


@router.post("/owner/stations/{station_id}/photos/{photo_id}/remove")
async def post_photo_removal(station_id: str, photo_id: str, visitor: KnownVisitor) -> Response:
    """Take a photo away."""
    await visitor.api.delete(f"/stations/{station_id}/photos/{photo_id}")
    return visitor.to(f"/owner/stations/{station_id}/photos", _("The photo is gone."))
