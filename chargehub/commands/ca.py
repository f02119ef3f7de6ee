"""`chargehub ca create`: the authority that signs the certificates of stations."""

from datetime import UTC, datetime

from chargehub.commands.settings import fail, load
from chargehub.ocpp import authority
from chargehub.ocpp.tls import BadFile


def create(name: str) -> None:
    """Make its certificate and key where the settings say, and name them."""
    settings = load()
    certificate, key = settings.ca_certificate_file, settings.ca_key_file
    try:
        authority.create(certificate, key, name, datetime.now(UTC))
    except BadFile as error:
        fail(str(error))
    print(f"The authority's certificate is {certificate}, its key {key}. Keep a copy of the key.")
