"""`chargehub serve`: one process, REST and OCPP in one event loop."""

import gc

import uvicorn

from chargehub.app import Hub, web
from chargehub.commands.open_files import allow_many_files
from chargehub.commands.settings import fail, load, prepare
from chargehub.configured import host_port
from chargehub.errors import Refused
from chargehub.observe import set_up_log


def run(http: str | None, ocpp: str | None, database: str | None) -> None:
    """Serve until a signal. An SQLite file is migrated first; PostgreSQL by `migrate`."""
    settings = load(http=http, ocpp=ocpp, database=database)
    set_up_log(settings.log_level, settings.log_json)
    try:
        host, port = host_port(settings.http)
        host_port(settings.ocpp)
        if settings.ocpps:
            host_port(settings.ocpps)
        hub = Hub(settings)
    except Refused as refusal:
        fail(refusal.detail)
    except ValueError as error:
        fail(str(error))
    allow_many_files()
    prepare(settings.database)
    server = uvicorn.Server(
        uvicorn.Config(
            web(hub),
            host=host,
            port=port,
            http="h11",  # bounds the headers of a request; the other one takes any amount
            ws="none",  # stations have a port of their own
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
    )
    print(f"REST  http://{host}:{port}/docs\nOCPP  ws://{settings.ocpp}/ocpp/{{identity}}")
    if settings.ocpps:
        print(f"OCPP  wss://{settings.ocpps}/ocpp/{{identity}}")
    gc.freeze()  # what was imported stays: to look through it again and again takes 100 ms a time
    server.run()
