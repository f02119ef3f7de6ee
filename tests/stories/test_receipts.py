"""A bill can be proved anywhere, without the hub, by its driver and by its owner."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from chargehub.commands import verify_receipt
from chargehub.receipts.chain import canonical, digest
from chargehub.receipts.checking import Checked, check
from chargehub.receipts.signing import HubKey, read_published
from tests.hub import Person, Place, RunningHub
from tests.stories.steps import charge, only
from tests.stories.test_trusted import confirm, signing
from tests.tree import ROOT

KEYS = "/.well-known/chargehub-receipt-keys.json"


async def download(person: Person, session_id: str, query: str = "") -> bytes:
    headers = {"Authorization": f"Bearer {person.token}"}
    path = f"/api/v1/sessions/{session_id}/receipt{query}"
    answer = await person.hub.api.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.content


async def published(hub: RunningHub) -> httpx2.Response:
    answer = await hub.api.get(KEYS)
    assert answer.status_code == 200, answer.text
    return answer


async def known(hub: RunningHub) -> tuple[HubKey, ...]:
    return read_published((await published(hub)).json())


def told(checked: Checked) -> dict[str, bool | None]:
    """What was found, but for what holds."""
    return {one.name: one.holds for one in checked.findings if one.holds is not True}


def hash_of(content: bytes) -> str:
    return digest(canonical(orjson.loads(content)["receipt"]))


async def charged(hub: RunningHub, version: str) -> tuple[Person, Person, Place, str]:
    """A session of twenty kWh whose meter signed with a key that its owner has confirmed."""
    owner, driver = await hub.person("owner"), await hub.person("driver")
    place = await hub.station(owner, version)
    key = await signing(hub, place)
    await confirm(owner, place, key.hex())
    await charge(hub, place, driver.id_token)
    session = await only(driver, "/sessions")
    return owner, driver, place, str(session["id"])


def verified(paper: Path, keys: Path) -> "subprocess.CompletedProcess[str]":
    """The command as a driver calls it, in a folder of its own."""
    command = [sys.executable, "-m", "chargehub", "verify-receipt", str(paper), "--keys", str(keys)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=paper.parent, env=environment, capture_output=True, text=True, timeout=60
    )


async def test_driver_and_owner_can_prove_the_same_bill(hub: RunningHub, version: str) -> None:
    owner, driver, _, session_id = await charged(hub, version)

    his, hers = await download(driver, session_id), await download(owner, session_id)

    keys = await known(hub)
    assert told(check(his, keys)) == {}
    assert told(check(hers, keys)) == {"packets": None, "meter": None}
    assert hash_of(his) == hash_of(hers)
    assert driver.id_token.encode() not in hers
    assert await download(driver, session_id) == his
    assert "20.000 kWh, 9.00 EUR" in check(his, keys).title


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_it_is_checked_where_there_is_no_hub_and_no_network(
    hub: RunningHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, driver, _, session_id = await charged(hub, "2.0.1")
    paper, keys = tmp_path / "receipt.json", tmp_path / "keys.json"
    paper.write_bytes(await download(driver, session_id))
    keys.write_bytes((await published(hub)).content)

    done = await asyncio.to_thread(verified, paper, keys)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("  holds  ") == 9
    assert "9.00 EUR" in done.stdout
    paper.write_bytes(paper.read_bytes().replace(b'"cost_minor":900', b'"cost_minor":800'))
    assert verify_receipt.run(paper, keys) == 1
    assert "FAILS" in capsys.readouterr().out
    paper.write_bytes(b"{}")
    assert verify_receipt.run(paper, keys) == 2
    assert "no receipt" in capsys.readouterr().err


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_no_byte_of_a_real_receipt_can_be_changed(hub: RunningHub) -> None:
    _, driver, _, session_id = await charged(hub, "1.6")
    content, keys = await download(driver, session_id), await known(hub)

    held = [at for at in range(0, len(content), 37) if _holds(content, at, keys)]

    assert held == []


def _holds(content: bytes, at: int, keys: tuple[HubKey, ...]) -> bool:
    turned = bytearray(content)
    turned[at] ^= 1
    try:
        return check(bytes(turned), keys).holds
    except ValueError:
        return False


async def test_a_correction_has_a_receipt_that_names_the_one_before(hub: RunningHub) -> None:
    owner, driver, _, session_id = await charged(hub, "2.0.1")
    first = await download(driver, session_id)
    operator = await hub.operator()
    record = await only(driver, f"/sessions/{session_id}/cdrs")

    wanted = {"energy_wh": 15_000, "reason": "The cable was faulty."}
    await operator.post(f"/cdrs/{record['id']}/corrections", wanted)
    await hub.settle()

    second, keys = await download(driver, session_id), await known(hub)
    assert told(check(first, keys)) == {}
    assert told(check(second, keys)) == {"meter": None}  # an operator set it: it is not signed
    receipt = orjson.loads(second)["receipt"]
    assert receipt["corrects"]["hash"] == hash_of(first)
    assert receipt["version"] == 2
    assert await download(driver, session_id, "?version=1") == first
    refused = await owner.get(f"/sessions/{session_id}/receipt?version=3", 404)
    assert refused["code"] == "not_found"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_new_key_keeps_old_receipts_verifiable(hub: RunningHub) -> None:
    _, driver, place, session_id = await charged(hub, "2.0.1")
    first = await download(driver, session_id)
    operator = await hub.operator()
    await hub.advance(minutes=5)

    rotated = await operator.post("/receipt-keys")

    await charge(hub, place, driver.id_token)
    newest = (await driver.get("/sessions"))["items"][0]
    second, keys = await download(driver, newest["id"]), await known(hub)
    assert len(keys) == len(rotated["keys"]) == 2
    assert [told(check(one, keys)) for one in (first, second)] == [{}, {}]
    assert _signer(first) != _signer(second) == keys[0].id


def _signer(content: bytes) -> str:
    document: dict[str, Any] = orjson.loads(content)
    return str(document["signature"]["key"])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_there_is_no_receipt_before_there_is_a_bill(hub: RunningHub) -> None:
    owner, driver = await hub.person("owner"), await hub.person("driver")
    stranger = await hub.person("stranger")
    place = await hub.station(owner, "2.0.1")
    await place.sim.plug_in(1, driver.id_token)
    await hub.settle()
    session = await only(driver, "/sessions")

    refused = await driver.get(f"/sessions/{session['id']}/receipt", 409)

    assert refused["code"] == "no_receipt_yet"
    await stranger.get(f"/sessions/{session['id']}/receipt", 404)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_what_costs_nothing_has_a_receipt_that_holds(hub: RunningHub, version: str) -> None:
    """A household's own use has no tariff and no currency."""
    owner = await hub.person("owner")
    place = await hub.station(owner, version)
    household = f"/evses/{place.evse_ids[0]}/household/{owner.id_token}"
    await owner.ask("PUT", household, expect=204)
    await charge(hub, place, owner.id_token)
    session = await only(owner, "/sessions?role=owner")

    content = await download(owner, session["id"])

    checked = check(content, await known(hub))
    assert told(checked) == {"meter": None}
    assert "20.000 kWh, nothing to pay" in checked.title
