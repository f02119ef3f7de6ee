"""Photos as phones write them, with all they tell."""

from io import BytesIO

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.PngImagePlugin import PngInfo

TOLD = b"Storgata 1, Oslo"


def photo(form: str = "JPEG", size: tuple[int, int] = (60, 40), turned: bool = False) -> bytes:
    """A file with GPS, camera, comment and XMP; left half red, right half blue. `turned`: the
    camera was held upright, which EXIF alone says."""
    image = Image.new("RGB", size, (255, 0, 0))
    image.paste((0, 0, 255), (size[0] // 2, 0, *size))
    exif = Image.Exif()
    exif[Base.ImageDescription] = TOLD.decode()
    exif[Base.Orientation] = 6 if turned else 1
    exif.get_ifd(IFD.GPSInfo).update(
        {GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (59.0, 54.0, 50.04), GPS.GPSLongitudeRef: "E"}
    )
    file = BytesIO()
    if form == "JPEG":
        image.save(file, form, exif=exif, comment=TOLD, xmp=b"<x>" + TOLD + b"</x>")
    elif form == "WEBP":
        image.save(file, form, exif=exif, xmp=b"<x>" + TOLD + b"</x>", lossless=True)
    else:
        text = PngInfo()
        text.add_text("Comment", TOLD.decode())
        image.save(file, form, exif=exif, pnginfo=text)
    return file.getvalue()
