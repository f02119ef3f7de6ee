"""Looks at the ports: is there room, does a hub answer, and what does it tell?"""

import socket
from errno import EADDRINUSE
from typing import Final

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from chargehub.commands.doctor.facts import Port, PortState, Running
from chargehub.configured import host_port
from chargehub.settings import Settings

LIMIT_S: Final = 5.0
PREFIX: Final = "chargehub_"
MOST_BYTES: Final = 1_000_000  # another program may say anything
OCPP_ANSWER: Final = "Stations connect at /ocpp/"  # what `ocpp/door.py` says to a browser
HERE: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}


def look(settings: Settings) -> tuple[tuple[Port, ...], Running]:
    """Every port of the settings, and the hub behind the first of them, if there is one."""
    figures = _figures(settings.http)
    ports = [_port("http", settings.http, bool(figures))]
    ports.append(_port("ocpp", settings.ocpp, _is_ocpp("http", settings.ocpp)))
    if settings.ocpps:
        ports.append(_port("ocpps", settings.ocpps, _is_ocpp("https", settings.ocpps)))
    return tuple(ports), Running(figures)


def _port(setting: str, address: str, is_hub: bool) -> Port:
    if is_hub:
        return Port(setting, address, "hub")
    problem: str = ""
    state: PortState = "free"
    try:
        host, port = host_port(address)
        for family, kind, protocol, _, where in socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            with socket.socket(family, kind, protocol) as tried:
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    tried.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                tried.bind(where)
                tried.listen(1)
    except (OSError, ValueError) as error:
        is_taken = isinstance(error, OSError) and error.errno == EADDRINUSE
        state = "other" if is_taken else "impossible"
        problem = "another program listens there" if is_taken else _line(error)
    return Port(setting, address, state, problem)


def _line(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text.rstrip(".")


def _figures(address: str) -> dict[str, float]:
    """What the hub at this address tells at /metrics, by name without labels; none: no hub."""
    said = _said("http", address, "/metrics")
    try:
        samples = [each for one in text_string_to_metric_families(said) for each in one.samples]
    except ValueError:
        return {}
    return {each.name: each.value for each in samples if each.name.startswith(PREFIX)}


def _is_ocpp(scheme: str, address: str) -> bool:
    return OCPP_ANSWER in _said(scheme, address, "/")


def _said(scheme: str, address: str, path: str) -> str:
    """What answers there; empty: nothing, or too much. Certificates are another check's."""
    try:
        host, port = host_port(address)
    except ValueError:
        return ""
    host = HERE.get(host, host)
    url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}{path}"
    try:
        with (
            httpx2.Client(timeout=LIMIT_S, trust_env=False, verify=False) as client,
            client.stream("GET", url) as answer,
        ):
            said = b""
            for part in answer.iter_bytes():
                said += part
                if len(said) > MOST_BYTES:
                    return ""
            return said.decode("utf-8", errors="replace")
    except (httpx2.HTTPError, httpx2.InvalidURL):
        return ""
