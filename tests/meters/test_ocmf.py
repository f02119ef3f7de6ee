"""Keys and records as real devices write them, and a second opinion on who signed them."""

import base64
import warnings
from datetime import UTC, datetime
from decimal import Decimal
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyocmf import OCMF

from chargehub.meters import ocmf, publickeys, transparency
from chargehub.meters.ocmf import NotGenuine, NotReadable
from chargehub.meters.publickeys import CURVES, UnreadableKey
from tests.meters.signing import Device, pair, payload, reading, whole


def written(device: Device) -> dict[str, str]:
    """A key in every shape that is met in the field."""
    der, point = device.der, device.point
    encoded = base64.b64encode(der).decode()
    pem = f"-----BEGIN PUBLIC KEY-----\n{encoded}\n-----END PUBLIC KEY-----\n"
    return {
        "hexadecimal": der.hex(),
        "set apart": " ".join(f"{byte:02X}" for byte in der),
        "with colons": ":".join(f"{byte:02x}" for byte in der),
        "base64": encoded,
        "for addresses": base64.urlsafe_b64encode(der).decode().rstrip("="),
        "PEM": pem,
        "point": point.hex(),
        "point without its sign": point[1:].hex(),
        "point in base64": base64.b64encode(point).decode(),
        "OCPP": f"oca:base16:asn1:{der.hex()}",
        "OCPP in base64": f"oca:base64:asn1:{encoded}",
        "OCPP wrapped": base64.b64encode(f"oca:base16:asn1:{der.hex()}".encode()).decode(),
        "hexadecimal wrapped": base64.b64encode(der.hex().encode()).decode(),
    }


@pytest.mark.parametrize("curve", CURVES)
def test_a_key_is_the_same_in_every_shape_that_devices_write_it_in(curve: str) -> None:
    device = Device(curve)

    found = {shape: publickeys.read(text) for shape, text in written(device).items()}

    assert set(found.values()) == {device.key}
    assert device.key.curve == curve


@pytest.mark.parametrize(
    "text", ["", "zz", "30", "3059301306", "oca:base16:asn1:", "04" + "11" * 64, "A" * 3_000]
)
def test_what_is_no_key_is_said_to_be_none(text: str) -> None:
    with pytest.raises(UnreadableKey):
        publickeys.read(text)


@given(text=st.text(max_size=200) | st.binary(max_size=150).map(bytes.hex))
def test_no_text_breaks_the_reader_of_keys(text: str) -> None:
    try:
        assert publickeys.read(text).fingerprint
    except UnreadableKey as error:
        assert str(error)


@pytest.mark.parametrize("encoding", ["hex", "base64"])
@pytest.mark.parametrize("curve", CURVES)
def test_every_curve_and_encoding_is_checked(curve: str, encoding: str) -> None:
    device = Device(curve)
    packet = device.record(payload(1, [reading("B", 1.5)]), encoding)

    record = ocmf.read(packet)

    record.check(device.key)
    with pytest.raises(NotGenuine):
        record.check(Device(curve, seed=8).key)


@pytest.mark.parametrize("curve", ["secp192r1", "secp256k1", "secp256r1", "secp384r1"])
def test_another_reader_of_the_format_agrees(curve: str) -> None:
    """Two programs that read one standard check each other."""
    device = Device(curve)
    packets = (*pair(device), whole(device))
    forged = packets[0].replace(b"100.25", b"900.25")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = [OCMF.from_string(packet.decode()) for packet in packets]
        told = [one.verify_signature(device.der.hex()) for one in read]
        false = OCMF.from_string(forged.decode()).verify_signature(device.der.hex())

    assert (told, false) == ([True] * 3, False)
    for packet, one in zip(packets, read, strict=True):
        record = ocmf.read(packet)
        record.check(device.key)
        values = [reading.energy_wh for reading in record.readings]
        assert values == [Decimal(str(each.RV)) * 1_000 for each in one.payload.RD]
    with pytest.raises(NotGenuine):
        ocmf.read(forged).check(device.key)


def test_what_is_left_out_of_a_reading_is_as_in_the_one_before() -> None:
    record = ocmf.read(whole(Device()))

    begin, end = record.readings

    assert (begin.reason, end.reason) == ("B", "E")
    assert end.energy_wh - begin.energy_wh == 20_000
    assert (end.status, end.register, end.clock) == ("G", "1-b:1.8.0", "R")
    assert end.at == datetime(2026, 3, 2, 10, 59, tzinfo=UTC)


@pytest.mark.parametrize("wrap", [bytes.hex, lambda raw: base64.b64encode(raw).decode()])
def test_a_wrapped_record_is_the_same_record(wrap: object) -> None:
    packet = whole(Device())

    wrapped = wrap(packet).encode()  # type: ignore[operator]

    assert ocmf.read(wrapped) == ocmf.read(packet)


def test_energy_given_back_is_no_energy_taken() -> None:
    told = [reading("B", 5, RI="1-0:2.8.0"), reading("B", 7, RI="01-00:B2.08.00*FF")]

    record = ocmf.read(Device().record(payload(1, told)))

    assert [one.energy_wh for one in record.readings] == [7_000]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "OCMF|{}",
        "OCMF|{}|{}",
        "OCMF|[]|{}",
        'OCMF|{"PG":"T1","PG":"T2"}|{"SD":"00"}',
        'OCMF|{"PG":"T1","RD":[]}|{"SD":"00"}',
        'OCMF|{"PG":"T1","RD":[{"TM":"never","RV":1,"RU":"kWh"}]}|{"SD":"00"}',
        'OCMF|{"PG":"T1","RD":[{"TM":"2026-03-02T10:00:00,000+0100 S","RV":NaN}]}|{"SD":"00"}',
        'OCMF|{"PG":"T1","RD":[{"TM":"2026-02-30T10:00:00,000+0100 S","RV":1,"RU":"kWh"}]}|'
        '{"SD":"00"}',
        "OCMF|" + "[" * 60_000 + "|{}",
    ],
)
def test_what_cannot_be_read_is_said_so(text: str) -> None:
    with pytest.raises(NotReadable):
        ocmf.read(text.encode())


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_bit_of_a_payload_can_be_turned(at: int, bit: int) -> None:
    packet = whole(Device())
    start = packet.index(b"|") + 1
    place = start + at % (packet.rindex(b"|") - start)
    turned = bytearray(packet)
    turned[place] ^= 1 << bit

    with pytest.raises((NotGenuine, NotReadable)):
        ocmf.read(bytes(turned)).check(Device().key)


def test_the_xml_for_transparency_software_holds_the_record_and_its_key() -> None:
    device = Device()
    packet = device.record(payload(1, [reading("B", 1.5)], GI="A & B <C>"))

    shown = transparency.document(
        "session", [transparency.Value(packet.decode(), "B", device.key.hexadecimal)]
    )

    tree = ElementTree.fromstring(shown)
    (value,) = tree
    assert value.attrib == {"transactionId": "session", "context": "Transaction.Begin"}
    assert value[0].attrib["format"] == "OCMF"
    assert value[0].text.encode() == packet
    assert publickeys.read(value[1].text) == device.key
