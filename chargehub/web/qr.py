"""QR codes as SVG, drawn here and put into the page itself."""

from io import BytesIO

import segno
from markupsafe import Markup


def picture(text: str, says: str) -> Markup:
    """The code of a text; `says`: what it holds, for those who do not see it."""
    drawn = BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawn,
        kind="svg",
        xmldecl=False,
        svgns=False,
        nl=False,
        omitsize=True,
        svgclass="qr",
        lineclass=None,
        border=2,
        title=says,
    )
    svg = drawn.getvalue().decode().replace("<svg ", '<svg role="img" ', 1)
    return Markup(svg)  # segno escapes the title, and draws the text
