"""A file that a browser sends in a form (`multipart/form-data`)."""

from fastapi import Request
from starlette.datastructures import UploadFile

from chargehub.web.forms import wrong
from chargehub.web.languages import mark as _

_FIELDS_MOST = 10


async def sent_file(request: Request, name: str) -> bytes:
    """The file of this field. Ask first who sends it: it is read whole here. Raises Refused.

    How large a form may be, `rest/edge.py` says; files of more than 1 MiB lie on disk meanwhile.
    """
    async with request.form(max_files=1, max_fields=_FIELDS_MOST) as sent:
        file = sent.get(name)
        if not isinstance(file, UploadFile) or not file.size:
            raise wrong(name, _("Choose a file."))
        return await file.read()
