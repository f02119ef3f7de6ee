"""How a simulated station protects its line: what a hub may change, and what it may not."""

from datetime import timedelta
from pathlib import Path

import pytest

from chargers.line import HandshakeRefused
from chargers.messages import SecurityEvent
from chargers.outbox import EVENTS_KEPT
from chargers.protection import BadProtection, Protection
from chargers.station import StationSim
from tests.chargers.asking import (
    CHANGED,
    ORGANIZATIONS,
    PASSWORDS,
    Secure,
    bad_words,
    delete,
    install,
    listed,
    raise_to,
    signed,
    told_events,
    trigger,
    write,
)
from tests.chargers.authority import NOW, SERVER, Authority, pem, subject_of
from tests.chargers.central import PASSWORD, Central
from tests.pki import new_key, request, write_key


async def test_roots_are_installed_listed_and_deleted(central, station):
    sim = await station()
    first, second = Authority(), Authority(name="Another")

    assert await listed(central) == []
    assert [await install(central, pem(one.root)) for one in (first, second)] == ["Accepted"] * 2
    assert await install(central, pem(first.root)) == "Accepted"
    name, other = await listed(central)
    assert await delete(central, name) == "Accepted"
    assert await delete(central, name) == "NotFound"

    assert await listed(central) == [other]
    assert sim.security.vault.roots["hub"] == [second.root]


async def test_what_is_no_root_is_refused_and_told_as_an_event(central, station):
    sim = await station()
    ended = Authority(NOW - timedelta(days=4_000))

    told = [await install(central, text) for text in ("no certificate", pem(ended.root))]
    await sim.settled()

    assert told == ["Rejected"] * 2
    assert told_events(central) == [bad_words(central.version)[1]] * 2
    assert await listed(central) == []


async def test_a_station_has_room_for_ten_roots(central, station):
    await station()

    told = [await install(central, pem(Authority(name=f"{n}").root)) for n in range(11)]

    assert told == ["Accepted"] * 10 + ["Failed"]


async def test_a_request_names_station_and_organization_and_its_certificate_is_taken(
    central, station
):
    sim = await station()
    assert await write(central, ORGANIZATIONS, "Acme") == "Accepted"

    csr = await trigger(central)
    word = await signed(central, Authority().sign(csr))

    assert subject_of(csr) == {"name": "CS01", "organization": "Acme"}
    assert word == "Accepted"
    assert [own.ends_at for own in sim.security.vault.own] == [NOW + timedelta(days=365)]


BAD = {
    "another key": lambda csr: Authority().sign(csr, key=new_key()),
    "another station": lambda csr: Authority().sign(request(new_key(), "CS02")),
    "ended": lambda csr: Authority(NOW - timedelta(days=9)).sign(csr, days=8),
    "not yet valid": lambda csr: Authority(NOW + timedelta(days=9)).sign(csr),
    "for servers": lambda csr: Authority().sign(csr, usage=SERVER),
    "a broken chain": lambda csr: (
        Authority().sign(csr).split("-----END CERTIFICATE-----\n")[0]
        + "-----END CERTIFICATE-----\n"
        + pem(Authority(name="Another").root)
    ),
    "nonsense": lambda csr: "no certificate",
}


async def test_a_certificate_that_is_no_good_is_refused_and_the_next_good_one_taken(
    central, station
):
    sim = await station()
    csr = await trigger(central)

    told = {fault: await signed(central, make(csr)) for fault, make in BAD.items()}
    await sim.settled()

    assert told == dict.fromkeys(BAD, "Rejected")
    assert told_events(central) == [bad_words(central.version)[0]] * len(BAD)
    assert await signed(central, Authority().sign(csr)) == "Accepted"


async def test_what_nobody_asked_for_is_refused(central, station):
    await station()

    assert await signed(central, Authority().sign(request(new_key(), "CS01"))) == "Rejected"


async def test_a_hub_that_signs_nothing_leaves_nothing_open(central, station):
    sim = await station()
    central.rejects.add("SignCertificate")

    csr = await trigger(central)
    await sim.settled()

    assert await signed(central, Authority().sign(csr)) == "Rejected"


async def test_a_certificate_is_renewed_a_month_before_its_end(central, station, hand):
    sim = await station()
    csr = await trigger(central)
    await signed(central, Authority().sign(csr, days=90))

    asked = []
    for _ in range(4):
        hand.move(days=20)
        await sim.security.renew_if_due()
        await sim.security.renew_if_due()
        asked.append(len(central.payloads("SignCertificate")) - 1)

    assert asked == [0, 0, 1, 2]


async def test_what_is_told_of_security_stands_in_the_security_log(central, station):
    sim = await station()

    await write(central, PASSWORDS, "a new password of the hub")
    await install(central, "no certificate")
    await sim.settled()

    kinds = [line.split()[1] for line in sim.journal.text(is_security=True).splitlines()]
    assert told_events(central) == kinds == [CHANGED, bad_words(central.version)[1]]


async def test_events_without_a_line_are_told_later_the_newest_of_them_and_short(central, station):
    sim = await station()
    await sim.go_offline()

    for number in range(EVENTS_KEPT + 5):
        await sim.report(SecurityEvent(f"Event{number}", sim.now(), "a long story " * 40))
    await sim.reconnect()

    assert told_events(central) == [f"Event{number}" for number in range(5, EVENTS_KEPT + 5)]
    abouts = [one["techInfo"] for one in central.payloads("SecurityEventNotification")]
    assert {len(about) for about in abouts} == {255}


@pytest.mark.parametrize("password", ["short", "x" * 41])
async def test_a_password_of_no_good_length_is_refused(central, station, password):
    sim = await station()

    assert await write(central, PASSWORDS, password) == "Rejected"
    await sim.reconnect()

    assert sim.password == PASSWORD


async def test_a_hub_that_forgot_the_new_password_gets_the_old_one(central, station):
    """Its answer may be lost, or its database restored: the station must not stay outside."""
    sim = await station()
    assert await write(central, PASSWORDS, "a new one that is lost") == "Accepted"
    await sim.settled()

    await sim.reconnect()

    assert sim.password == PASSWORD
    assert told_events(central) == [CHANGED]


async def test_who_has_neither_password_right_stays_outside(central, station):
    sim = await station()
    await write(central, PASSWORDS, "a new one that is lost")
    central.password = "something else"

    with pytest.raises(HandshakeRefused):
        await sim.reconnect()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


async def test_what_a_station_is_not_equipped_for_is_refused(central, station):
    """No root of the hub for profile 2, no certificate for profile 3."""
    await station(protection=Protection(trusts_system=False))
    url = "wss://127.0.0.1:1/ocpp"

    assert await raise_to(central, 2, url) == "Rejected"
    assert await install(central, pem(Authority().root)) == "Accepted"
    assert await raise_to(central, 3, url) == "Rejected"


async def test_a_profile_that_does_not_work_leaves_the_station_where_it_was(central, station):
    """Nobody listens there: it is back with what it had."""
    sim = await station()

    assert await raise_to(central, 2, "wss://127.0.0.1:1/ocpp") == "Accepted"
    await sim.settled()
    await sim.reconnect()

    assert (sim.is_connected, sim.security.profile) == (True, 1)
    name = "SecurityProfile" if central.version == "1.6" else "SecurityCtrlr.SecurityProfile"
    assert sim.settings[name] == "1"


async def test_a_hub_that_cannot_be_trusted_is_not_entered_and_told_of(central, station, folder):
    secure = await Secure(central.version, folder).open()
    sim = await station(protection=Protection(ca=pem(Authority().root)))

    assert await raise_to(central, 2, secure.central.url) == "Accepted"
    await sim.settled()
    await sim.reconnect(boot=True)

    assert secure.central.calls == []
    assert sim.security.profile == 1
    assert bad_words(central.version)[1] in told_events(central)
    await secure.central.close()


async def test_from_profile_to_profile_and_never_back(central, station, folder):
    """Profile 2 on its port, then profile 3 with the certificate; a lower one is refused."""
    second = await Secure(central.version, folder).open()
    sim = await station(protection=Protection(ca=second.certificate.read_text()))

    assert await raise_to(central, 2, second.central.url) == "Accepted"
    await sim.settled()
    await sim.reconnect(boot=True)
    lower = await raise_to(second.central, 1, central.url)

    assert (sim.security.profile, lower) == (2, "Rejected")
    assert CHANGED in told_events(second.central)
    await second.central.close()


async def test_a_station_comes_with_its_certificate_after_a_restart_too(version, folder):
    """What it was given lies in its folder: key, certificate, roots, profile."""
    keys = folder / "CS01"
    secure = Secure(version, folder)
    authority = secure.authority
    key = new_key()
    write_key(folder / "own.key", key)
    given = Protection(
        profile=3,
        ca=secure.certificate.read_text(),
        folder=keys,
        certificate=authority.sign(request(key, "CS01")),
        key=(folder / "own.key").read_bytes(),
    )
    await secure.open(wants=True)
    central = secure.central

    sim = StationSim(version, "CS01", PASSWORD, central.url, protection=given)
    await sim.connect()
    await sim.boot()
    csr = await trigger(central)
    assert await signed(central, authority.sign(csr, days=500)) == "Accepted"
    await sim.settled()
    await sim.close()
    kept = Protection(folder=keys, ca=given.ca)
    again = StationSim(version, "CS01", PASSWORD, central.url, protection=kept)
    await again.connect()

    assert central.entries == ["CS01"] * 3  # at first, with the new one at once, and once more
    assert again.security.profile == 3
    ends_at = authority.now.replace(microsecond=0) + timedelta(days=500)
    assert again.security.vault.own[0].ends_at == ends_at
    assert {file.stat().st_mode & 0o777 for file in keys.iterdir()} == {0o600}
    await again.close()
    await central.close()


async def test_a_password_that_the_hub_gave_is_known_after_a_restart(central, station, folder):
    """And where the hub has made another since, the one that is typed in opens the line."""
    given = Protection(folder=folder / "CS01")
    sim = await station(protection=given)
    fresh = "a new one from the hub"
    await write(central, PASSWORDS, fresh)
    central.password = fresh
    await sim.reconnect()
    await sim.close()

    again = await station(protection=given)
    await again.close()
    central.password = PASSWORD
    last = await station(protection=given)

    assert (again.password, last.password) == (fresh, PASSWORD)


async def test_a_station_that_is_sent_elsewhere_goes_there(central, station, folder):
    """What it remembers of its last line is of no use at another hub."""
    other = Central(central.version)
    await other.open()
    given = Protection(folder=folder / "CS01")
    sim = await station(protection=given)
    await sim.close()

    moved = StationSim(central.version, "CS01", PASSWORD, other.url, protection=given)
    await moved.connect()

    assert (central.lines, other.lines) == (1, 1)
    await moved.close()
    await other.close()


async def test_profile_3_without_a_certificate_says_what_to_do():
    with pytest.raises(BadProtection, match="let the hub raise it"):
        StationSim("1.6", "CS01", PASSWORD, "wss://x", protection=Protection(profile=3))
