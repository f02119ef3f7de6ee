"""Meters that sign and meters with noise: what they tell is true, and can be proved."""

import hashlib
from base64 import b64decode
from datetime import timedelta
from decimal import Decimal

import orjson
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from chargers import ocmf
from chargers.habits import Habits
from chargers.vehicle import Vehicle

SIGNS = Habits(signs="secp256r1", seed="7")
NAMES = {
    "1.6": ("SampledDataSignReadings", "PublicKeyWithSignedMeterValue", "MeterPublicKey1"),
    "2": (
        "SampledDataCtrlr.SignReadings",
        "OCPPCommCtrlr.PublicKeyWithSignedMeterValue",
        "FiscalMetering.PublicKey",
    ),
}


def names(version: str) -> tuple[str, str, str]:
    return NAMES["1.6" if version == "1.6" else "2"]


def values(central) -> list[dict]:
    """Every meter value of a start or an end, in order."""
    return [
        value
        for _, _, payload in central.calls
        for value in (*payload.get("meterValue", ()), *payload.get("transactionData", ()))
    ]


def signed(central) -> list[tuple[str, str, str]]:
    """(context, record, key in base64) of every signed reading, in order."""
    found = []
    for value in values(central):
        for sample in value["sampledValue"]:
            if sample.get("format") == "SignedData":
                found.append((sample["context"], sample["value"], ""))
            elif "signedMeterValue" in sample:
                about = sample["signedMeterValue"]
                assert about["encodingMethod"] == "OCMF"
                assert about["signingMethod"].startswith("ECDSA-secp256")
                text = b64decode(about["signedMeterData"]).decode()
                found.append((sample["context"], text, about["publicKey"]))
    return found


def proved(text: str, key_der: bytes) -> dict:
    """The payload, by cryptography alone: nothing of the station's own code."""
    header, payload, signature = text.split("|")
    assert header == "OCMF"
    about = orjson.loads(signature)
    key = load_der_public_key(key_der)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert about["SA"] == f"ECDSA-{key.curve.name}-SHA256"
    digest = hashlib.sha256(payload.encode()).digest()
    key.verify(bytes.fromhex(about["SD"]), digest, ec.ECDSA(Prehashed(SHA256())))
    found: dict = orjson.loads(payload)
    return found


@pytest.mark.parametrize("curve", ["secp256r1", "secp256k1"])
async def test_begin_and_end_of_a_session_are_signed(central, station, hand, curve):
    sim = await station(habits=Habits(signs=curve))
    await sim.plug_in(1, "alice")
    await sim.charge(1, 12_345, before_each=lambda: hand.move(minutes=30))
    await sim.stop(1)

    found = signed(central)
    begin, end = (proved(text, sim.metering.public_key) for _, text, _ in found)

    assert [context for context, _, _ in found] == ["Transaction.Begin", "Transaction.End"]
    assert (begin["PG"], end["PG"]) == ("T1", "T2")
    assert (begin["MS"], begin["GS"], begin["CI"]) == ("CS01-M1", "CS01", "CS01 1")
    assert (begin["IS"], begin["IT"], begin["ID"]) == (True, "ISO14443", "alice")
    assert begin["RD"] == [
        {
            "TM": "2026-03-02T08:00:00,000+0000 S",
            "TX": "B",
            "RV": 100.0,
            "RI": "1-0:1.8.0",
            "RU": "kWh",
            "RT": "AC",
            "EF": "",
            "ST": "G",
        }
    ]
    assert '"RV":112.345,' in found[1][1]
    assert (end["RD"][0]["TM"], end["RD"][0]["TX"]) == ("2026-03-02T08:30:00,000+0000 S", "L")


async def test_pages_go_on_from_session_to_session_and_by_meter(central, station):
    sim = await station(evses=2, habits=SIGNS)
    for evse in (1, 2, 1):
        await sim.plug_in(evse, "alice")
        await sim.stop(evse)
        await sim.unplug(evse)

    records = [proved(text, sim.metering.public_key) for _, text, _ in signed(central)]

    assert [(one["MS"], one["PG"]) for one in records] == [
        *(("CS01-M1", "T1"), ("CS01-M1", "T2"), ("CS01-M2", "T1")),
        *(("CS01-M2", "T2"), ("CS01-M1", "T3"), ("CS01-M1", "T4")),
    ]


async def test_signed_message_that_is_sent_again_is_the_same(central, station):
    sim = await station(habits=SIGNS)
    await sim.plug_in(1, "alice")
    await sim.stop(1)

    await sim.repeat_last_message()

    first, second = [one for one in signed(central) if one[0] == "Transaction.End"]
    assert first == second


async def test_changed_reading_is_found_out(central, station):
    sim = await station(habits=SIGNS)
    await sim.plug_in(1, "alice")
    await sim.stop(1)
    _, text, _ = signed(central)[0]
    forged = text.replace("100.000", "900.000")

    with pytest.raises(InvalidSignature):
        proved(forged, sim.metering.public_key)
    with pytest.raises(ocmf.NotGenuine):
        ocmf.verified(forged, sim.metering.public_key)
    assert ocmf.verified(text, sim.metering.public_key)["PG"] == "T1"


@pytest.mark.parametrize("text", ["", "OCMF|{}", "OCMF|{}|{}", 'OCMF|{}|{"SD":"zz"}', "X|{}|{}"])
def test_what_is_no_record_is_not_genuine(text):
    with pytest.raises(ocmf.NotGenuine):
        ocmf.verified(text, ocmf.Signer("1", "secp256r1").public_key)


async def test_token_cannot_break_the_sections(central, station):
    sim = await station(habits=SIGNS)
    await sim.plug_in(1, "a|b")
    await sim.stop(1)

    _, text, _ = signed(central)[0]

    assert proved(text, sim.metering.public_key)["ID"] == "a|b"


@pytest.mark.parametrize(
    ("sending", "told"),
    [("Never", [0, 0]), ("OncePerTransaction", [1, 0]), ("EveryMeterValue", [1, 1])],
)
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_key_is_told_as_often_as_the_hub_wants(central, station, sending, told, version):
    sim = await station(habits=SIGNS)
    sim.settings.write(names(version)[1], sending)
    await sim.plug_in(1, "alice")
    await sim.stop(1)

    keys = [b64decode(key) for _, _, key in signed(central)]

    assert [len(key) > 0 for key in keys] == told
    assert set(keys) <= {b"", sim.metering.public_key}


async def test_key_stands_in_the_settings_and_the_hub_can_switch_signing_off(central, station):
    sim = await station(habits=SIGNS)
    switch, _, public = names(central.version)

    told = sim.settings.read(public)
    sim.settings.write(switch, "false")
    await sim.plug_in(1, "alice")
    await sim.stop(1)

    assert b64decode(told) == sim.metering.public_key
    assert signed(central) == []


async def test_meters_that_do_not_sign_have_no_key_to_tell(central, station):
    sim = await station()
    await sim.plug_in(1, "alice")
    await sim.stop(1)

    assert sim.metering.public_key is None
    assert sim.settings.access(names(central.version)[2]) is None
    assert signed(central) == []


def test_seed_and_identity_make_the_key():
    keys = {ocmf.Signer(seed, "secp256k1").public_key for seed in ("1:A", "1:B", "2:A", "1:A")}

    assert len(keys) == 3


async def test_noise_is_about_everything_but_the_register(central, station, hand):
    """Two stations with one seed tell the same; no value is further off than the noise."""
    told = []
    for _ in range(2):
        central.calls.clear()
        hand.at = hand.at.replace(hour=8, minute=0)
        sim = await station(habits=Habits(noise_percent=2, seed="9"))
        await sim.plug_in(1, "alice", vehicle=Vehicle(100_000, 10_000))
        for _ in range(12):
            hand.move(minutes=5)
            await sim.tick(1, timedelta(minutes=5))
        told.append([one["sampledValue"] for one in values(central)])
        gained = sim.evses[1].register_wh - sim.sessions[0].start_wh
        await sim.close()

    samples = [sample for value in told[0] for sample in value]

    def of(measurand: str) -> list[Decimal]:
        return [Decimal(str(one["value"])) for one in samples if one["measurand"] == measurand]

    registers, powers = of("Energy.Active.Import.Register"), of("Power.Active.Import")
    assert told[0] == told[1]
    assert gained == 11_000
    assert registers == sorted(registers)
    assert all(one == int(one) for one in registers)
    assert len(set(powers)) > 1
    assert all(10_780 <= one <= 11_220 for one in powers)
    assert all(Decimal("225.4") <= one <= Decimal("234.6") for one in of("Voltage"))
    assert all(Decimal("15.6") <= one <= Decimal("16.3") for one in of("Current.Import"))
    assert {one.get("phase") for one in samples if one["measurand"] == "Voltage"} == {
        *("L1", "L2", "L3")
    }
