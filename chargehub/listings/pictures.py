"""A photo as it may be shown: drawn anew from its pixels, so that nothing else of the file is left.

Cameras write where and when a picture was taken, with which device, and a small copy of it into the
file; editors write more. No list of such fields is ever whole, so none is kept. Pure.
"""

import struct
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from chargehub.errors import Invalid

MAX_PIXELS = 50_000_000  # what phones of today take; a JPEG is drawn small at once
MAX_PIXELS_DRAWN = 16_000_000  # of other files, which are drawn whole: up to 20 bytes a pixel
MAX_SCANS = 100  # each goes over all pixels; encoders write 10 or so
LONGEST_EDGE = 1_600
QUALITY = 82
FORMATS = ("JPEG", "PNG", "WEBP")
_SCAN = b"\xff\xda"  # ITU-T T.81, table B.1; in a scan itself 0 follows 0xFF
_WHITE = (255, 255, 255)
# What Pillow was seen or is known to raise over broken files and their EXIF.
_BROKEN = (
    *(UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, struct.error),
    *(KeyError, IndexError, TypeError, AttributeError, OverflowError, ZeroDivisionError),
)


class BadPhoto(Invalid):
    """What was sent is no photo that can be shown."""

    code = "bad_photo"


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG file without any metadata, its longest edge LONGEST_EDGE pixels at most."""

    content: bytes
    width: int
    height: int


def redrawn(sent: bytes) -> Picture:
    """The picture in a JPEG, PNG or WebP file, upright and small. Raises BadPhoto."""
    try:
        with Image.open(BytesIO(sent), formats=FORMATS) as opened:
            _check_effort(opened, sent)
            opened.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
            opened.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
            return _written(ImageOps.exif_transpose(opened).convert("RGBA"))
    except _BROKEN:
        raise BadPhoto("Send a JPEG, PNG or WebP file that is whole.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPhoto("The photo has too many pixels.") from None


def _check_effort(opened: Image.Image, sent: bytes) -> None:
    """Before anything is drawn: 46 bytes can be a picture that takes 1 GB, or an hour."""
    is_jpeg = opened.format in ("JPEG", "MPO")
    most = MAX_PIXELS if is_jpeg else MAX_PIXELS_DRAWN
    if opened.width * opened.height > most:
        kind = "photo" if is_jpeg else "photo that is no JPEG"
        raise BadPhoto(f"A {kind} has {most // 1_000_000} million pixels at most.")
    if is_jpeg and sent.count(_SCAN) > MAX_SCANS:
        raise BadPhoto(f"A JPEG file has {MAX_SCANS} scans at most.")


def _written(drawn: Image.Image) -> Picture:
    """Pasted onto a new image: Pillow would take comments and XMP of the old one along."""
    fresh = Image.new("RGB", drawn.size, _WHITE)
    fresh.paste(drawn, mask=drawn)
    file = BytesIO()
    fresh.save(file, "JPEG", quality=QUALITY, optimize=True)
    return Picture(file.getvalue(), *fresh.size)
