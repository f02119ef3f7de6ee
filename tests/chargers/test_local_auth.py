"""Local lists and caches on every version: who charges unasked, and who not even offline."""

import pytest

from chargers.local_auth import Entry, Known, LocalAuth
from chargers.settings import Setting, Settings

PAST, SOON = "2026-03-02T07:00:00Z", "2026-03-02T09:00:00Z"
WORDS = {
    "list": ("LocalAuthListEnabled", "LocalAuthListCtrlr.Enabled"),
    "cache": ("AuthorizationCacheEnabled", "AuthCacheCtrlr.Enabled"),
    "offline": ("LocalAuthorizeOffline", "AuthCtrlr.LocalAuthorizeOffline"),
    "ahead": ("LocalPreAuthorize", "AuthCtrlr.LocalPreAuthorize"),
    "unknown": ("AllowOfflineTxForUnknownId", "AuthCtrlr.OfflineTxForUnknownIdEnabled"),
}


def switch(sim, name: str, on: bool) -> None:
    old, new = WORDS[name]
    word = "true" if on else "false"
    assert sim.settings.write(old if sim.version == "1.6" else new, word) == "accepted"


def entry(version: str, token: str, status: str | None = "Accepted", until: str | None = None):
    if version == "1.6":
        about = {"status": status} | ({"expiryDate": until} if until else {})
        return {"idTag": token} | ({"idTagInfo": about} if status else {})
    about = {"status": status} | ({"cacheExpiryDateTime": until} if until else {})
    named = {"idToken": {"idToken": token, "type": "ISO14443"}}
    return named | ({"idTokenInfo": about} if status else {})


async def send(central, number: int, *entries, full: bool = True) -> str:
    name = "listVersion" if central.version == "1.6" else "versionNumber"
    payload = {name: number, "updateType": "Full" if full else "Differential"}
    if entries:
        payload["localAuthorizationList"] = [entry(central.version, *one) for one in entries]
    answer = await central.ask("SendLocalList", payload)
    return str(answer["status"])


async def version_told(central) -> int:
    answer = await central.ask("GetLocalListVersion", {})
    return int(answer["listVersion" if central.version == "1.6" else "versionNumber"])


async def test_list_is_replaced_changed_and_emptied_by_version(central, station):
    sim = await station()

    assert await version_told(central) == 0
    assert await send(central, 3, ("alice",), ("bob",)) == "Accepted"
    assert await send(central, 3, ("carol",), full=False) == "VersionMismatch"
    assert await send(central, 5, ("carol",), ("BOB", None), full=False) == "Accepted"
    assert (await version_told(central), sim.local_auth.list_length) == (5, 2)
    assert await send(central, 2, ("dave",)) == "Accepted"
    assert await version_told(central) == 2
    assert await send(central, 6) == "Accepted"
    assert await version_told(central) == 0


async def test_list_is_taken_whole_or_not_at_all(central, station):
    await station()
    await send(central, 1, ("alice",))

    assert await send(central, 2, ("bob",), ("Bob",), full=False) == "Failed"
    assert await send(central, 2, ("bob", None)) == "Failed"
    assert await version_told(central) == 1


async def test_station_without_lists_says_so(central, station):
    sim = await station()
    switch(sim, "list", False)
    is_old = central.version == "1.6"

    assert await send(central, 1, ("alice",)) == ("NotSupported" if is_old else "Failed")
    assert await version_told(central) == (-1 if is_old else 0)


async def test_listed_token_starts_without_asking(central, station):
    sim = await station()
    await send(central, 1, ("ALICE",))
    switch(sim, "ahead", True)

    verdict = await sim.plug_in(1, "alice")

    assert verdict == "accepted"
    assert "Authorize" not in central.actions()


@pytest.mark.parametrize(("status", "until"), [("Blocked", None), ("Accepted", PAST)])
async def test_token_that_the_list_refuses_is_asked_for_while_there_is_a_line(
    central, station, status, until
):
    """The hub may have changed its mind since."""
    sim = await station()
    await send(central, 1, ("alice", status, until))
    switch(sim, "ahead", True)

    verdict = await sim.plug_in(1, "alice")

    assert verdict == "accepted"
    assert "Authorize" in central.actions()


@pytest.mark.parametrize(
    ("status", "until", "verdict"),
    [
        ("Accepted", SOON, None),
        ("Accepted", PAST, "expired"),
        ("Blocked", None, "blocked"),
        ("Expired", None, "expired"),
        ("Invalid", None, "invalid"),
    ],
)
async def test_offline_the_list_decides(central, station, status, until, verdict):
    sim = await station()
    await send(central, 1, ("alice", status, until))
    await sim.go_offline()

    assert await sim.plug_in(1, "alice") == verdict
    assert len(sim.sessions) == (1 if verdict is None else 0)


async def test_list_that_is_switched_off_decides_nothing(central, station):
    sim = await station()
    await send(central, 1, ("alice", "Blocked"))
    switch(sim, "list", False)
    await sim.go_offline()

    assert await sim.plug_in(1, "alice") is None


@pytest.mark.parametrize(
    ("name", "why"), [("unknown", "unknown_offline"), ("offline", "not_offline")]
)
async def test_offline_nobody_unknown_where_settings_say_so(central, station, name, why):
    sim = await station()
    switch(sim, name, False)
    await sim.go_offline()

    assert await sim.plug_in(1, "alice") == why
    assert sim.sessions == []


async def test_cache_knows_who_charged_and_forgets_when_told(central, station):
    sim = await station()
    switch(sim, "cache", True)
    switch(sim, "unknown", False)
    await sim.plug_in(1, "alice")
    await sim.unplug(1)
    await sim.go_offline()
    cached = await sim.plug_in(1, "alice")
    await sim.unplug(1)
    await sim.reconnect()

    answer = await central.ask("ClearCache", {})
    await sim.go_offline()

    assert cached is None
    assert answer["status"] == "Accepted"
    assert await sim.plug_in(1, "alice") == "unknown_offline"


async def test_cache_that_is_switched_off_cannot_be_cleared(central, station):
    await station()

    assert (await central.ask("ClearCache", {}))["status"] == "Rejected"


async def test_refused_token_stays_refused_offline(central, station):
    central.verdicts["mallory"] = "Blocked"
    sim = await station()
    switch(sim, "cache", True)
    await sim.plug_in(1, "mallory")
    await sim.unplug(1)
    await sim.go_offline()

    assert await sim.plug_in(1, "mallory") == "blocked"


def test_cache_keeps_the_newest_and_lists_have_an_end(monkeypatch, hand):
    monkeypatch.setattr("chargers.local_auth.MOST_CACHED", 2)
    monkeypatch.setattr("chargers.local_auth.MOST_AT_ONCE", 2)
    settings = Settings({"on": Setting("true")}, "")
    local = LocalAuth(settings, dict.fromkeys(WORDS, "on"))  # type: ignore[arg-type]
    good = Known("accepted")

    for token in ("alice", "bob", "alice", "carol"):
        local.remember(token, good)

    assert [local.verdict(one, hand()) for one in ("alice", "bob", "carol")] == [
        "accepted",
        None,
        "accepted",
    ]
    assert local.update(1, [Entry(one, good) for one in "abc"], is_full=True) == "failed"
