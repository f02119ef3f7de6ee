"""What receipts are refused for. Pure."""

from chargehub.errors import Conflict, NotFound


class NoReceiptYet(Conflict):
    """The session is not billed yet, or readings that came late are still to be counted."""

    code = "no_receipt_yet"

    def __init__(self) -> None:
        super().__init__(
            "There is no receipt yet: the session is not closed, or readings came late and are "
            "counted within an hour. Ask again then."
        )


class NoSuchReceipt(NotFound):
    """The session was never billed in that version, or nobody asked while it stood."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__("The session has no receipt of this version.")
