"""Looks at certificates, keys and modes of files. Of keys and secrets nothing leaves this file."""

import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from sqlalchemy.exc import ArgumentError

from chargehub.commands.doctor.facts import Certificate, Files, Opened
from chargehub.ocpp import authority
from chargehub.ocpp.tls import BadFile, Tls
from chargehub.settings import SECRET_SHORTEST, Settings
from chargehub.store.engines import parse_url

OTHERS = 0o077
_TERMS = authority.Terms(organization="", days=1)


def look(settings: Settings, secret: str, secret_problem: str) -> Files:
    """What the files that the settings name come to."""
    return Files(
        tls=_tls(settings),
        authority=_authority(settings),
        opened=tuple(_opened(settings)),
        has_secret=bool(secret),
        secret_problem=secret_problem,
    )


def secret_of(settings: Settings) -> tuple[str, str]:
    """The hub's secret, empty if there is none; and why it cannot be used."""
    if settings.secret:
        return settings.secret, ""
    path = settings.secret_file
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return "", ""
    except OSError as error:
        return "", f"{path}: {error.strerror}."
    except UnicodeDecodeError:
        return "", f"{path} holds no text."
    if len(secret) < SECRET_SHORTEST:
        return "", f"{path} holds less than {SECRET_SHORTEST} characters."
    return secret, ""


def _tls(settings: Settings) -> Certificate | None:
    if not settings.ocpps:
        return None
    certificate, key = settings.ocpps_certificate_file, settings.ocpps_key_file
    try:
        Tls(certificate, key, None)
    except BadFile as error:
        return _unusable(certificate, error)
    return _read(certificate, key)


def _authority(settings: Settings) -> Certificate | None:
    certificate, key = settings.ca_certificate_file, settings.ca_key_file
    try:
        if authority.load(certificate, key, _TERMS) is None:
            return None
    except (BadFile, OSError) as error:
        return _unusable(certificate, error)
    return _read(certificate, key)


def _unusable(certificate: Path, error: BadFile | OSError) -> Certificate:
    text = f"{certificate}: {error.strerror}" if isinstance(error, OSError) else str(error)
    return Certificate(str(certificate), f"{text.rstrip('.')}.")


def _read(certificate: Path, key: Path) -> Certificate:
    """What is usable otherwise: whose it is and for how long."""
    try:
        chain = x509.load_pem_x509_certificates(certificate.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        return Certificate(str(certificate), f"{certificate} and {key} cannot be read as PEM.")
    if private.public_key() != chain[0].public_key():
        return Certificate(str(certificate), f"{key} does not belong to {certificate}.")
    return Certificate(
        str(certificate),
        valid_from=max(each.not_valid_before_utc for each in chain),
        valid_until=min(each.not_valid_after_utc for each in chain),
        names=_names(chain[0]),
    )


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    with suppress(x509.ExtensionNotFound):
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = found.get_values_for_type(x509.DNSName)
        return (*names, *map(str, found.get_values_for_type(x509.IPAddress)))
    return ()


def _opened(settings: Settings) -> Iterator[Opened]:
    """Files that others may read or write. What cannot be seen is told by another check."""
    wanted = [
        (settings.ca_key_file, "a private key"),
        *([(settings.ocpps_key_file, "a private key")] if settings.ocpps else []),
        *([(settings.secret_file, "the hub's secret")] if not settings.secret else []),
        *((path, "the database") for path in _database_files(settings.database)),
    ]
    for path, holds in wanted:
        with suppress(OSError):
            mode = stat.S_IMODE(path.stat().st_mode)
            if mode & OTHERS:
                yield Opened(str(path), mode, holds)


def _database_files(database: str) -> tuple[Path, ...]:
    with suppress(ArgumentError, ValueError):  # a URL that is none is told by another check
        url = parse_url(database)
        if url.drivername.startswith("sqlite") and url.database:
            return tuple(Path(url.database + ending) for ending in ("", "-wal"))
    return ()
