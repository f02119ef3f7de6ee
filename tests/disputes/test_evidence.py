"""What was known when a dispute was opened stays as it was, whatever becomes of the session."""

import hashlib
from typing import Any

import orjson
import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from chargehub.disputes.tables import EVIDENCE
from chargehub.store.work import Work
from tests.disputes.court import Court


async def document(court: Court, dispute: str, who: Any, part: str = "") -> bytes:
    answer = await court.hub.api.get(
        f"/api/v1/disputes/{dispute}/evidence{part}",
        headers={"Authorization": f"Bearer {who.token}"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.content


async def test_the_pack_holds_what_decides_and_is_what_its_hash_says(court: Court) -> None:
    made = await court.open()

    sent = await document(court, made["id"], court.owner)
    reports = await document(court, made["id"], court.driver, "/reports")

    pack = orjson.loads(sent)
    assert hashlib.sha256(sent).hexdigest() == made["evidence_sha256"]
    assert hashlib.sha256(reports).hexdigest() == pack["reports_sha256"]
    assert orjson.dumps(pack, option=orjson.OPT_SORT_KEYS) == sent
    assert pack["cdr"]["cost_minor"] == pack["recomputed_cost_minor"] == 900
    first, last = pack["readings"][0], pack["readings"][-1]
    assert last["register_wh"] - first["register_wh"] == 20_000
    assert (
        hashlib.sha256(pack["tariff"]["canonical"].encode()).hexdigest()
        == (pack["tariff"]["snapshot_id"])
    )
    assert pack["line"]["was_offline_at_start"] is False
    payloads = [one["payload"] for one in orjson.loads(reports)["reports"]]
    hashes = [one["payload_sha256"] for one in pack["reports"]]
    assert [hashlib.sha256(one.encode()).hexdigest() for one in payloads] == hashes


async def test_the_owner_does_not_learn_the_drivers_id_token(court: Court) -> None:
    """Whoever knows it whole can charge with it."""
    made = await court.open()

    pack = await document(court, made["id"], court.owner)
    refused = await court.owner.get(f"/disputes/{made['id']}/evidence/reports", 403)

    assert court.driver.id_token.encode() not in pack
    assert refused["code"] == "forbidden"
    assert court.driver.id_token.encode() in await document(
        court, made["id"], court.operator, "/reports"
    )


async def test_a_correction_changes_the_session_and_not_the_evidence(court: Court) -> None:
    made = await court.open()
    before = await document(court, made["id"], court.driver)

    cdr = (await court.driver.get("/cdrs"))["items"][0]["id"]
    wanted = {"energy_wh": 12_000, "reason": "The meter was wrong."}
    await court.operator.post(f"/cdrs/{cdr}/corrections", wanted)
    await court.hub.settle()

    assert await document(court, made["id"], court.driver) == before


@pytest.mark.parametrize("how", ["update", "delete"])
async def test_the_database_refuses_to_change_evidence(court: Court, how: str) -> None:
    await court.open()

    def tamper(work: Work) -> None:
        work.execute(delete(EVIDENCE) if how == "delete" else update(EVIDENCE).values(body="{}"))

    with pytest.raises(IntegrityError, match="dispute_evidence_append_only"):
        await court.hub.hub.store.do(tamper)
