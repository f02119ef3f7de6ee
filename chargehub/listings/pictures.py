"""A photo as it may be shown: drawn anew from its pixels, so that nothing else of the file is left.

Cameras write where and when a picture was taken, with which device, and a small copy of it into the
file; editors write more. No list of such fields is ever whole, so none is kept. Pure.
"""

import struct
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from chargehub.errors import Invalid

MAX_PIXELS = 50_000_000  # what phones of today take; in memory that is 150 MB
LONGEST_EDGE = 1_600
QUALITY = 82
FORMATS = ("JPEG", "PNG", "WEBP")
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
            if opened.width * opened.height > MAX_PIXELS:
                raise BadPhoto(f"A photo has {MAX_PIXELS // 1_000_000} million pixels at most.")
            opened.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
            return _written(upright.convert("RGBA"))
    except _BROKEN:
        raise BadPhoto("Send a JPEG, PNG or WebP file that is whole.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadPhoto("The photo has too many pixels.") from None


def _written(drawn: Image.Image) -> Picture:
    """Pasted onto a new image: Pillow would take comments and XMP of the old one along."""
    fresh = Image.new("RGB", drawn.size, _WHITE)
    fresh.paste(drawn, mask=drawn)
    file = BytesIO()
    fresh.save(file, "JPEG", quality=QUALITY, optimize=True)
    return Picture(file.getvalue(), *fresh.size)
