"""How a station reads its meters: exact registers, power and voltage with noise, signatures."""

from base64 import b64encode
from decimal import Decimal
from random import Random
from typing import Literal

from chargers import ocmf
from chargers.evse import Evse
from chargers.habits import Habits
from chargers.limits import VOLTAGE_V
from chargers.messages import Electrics, IdToken, Reading, Reason, Signed, Trigger
from chargers.settings import Setting, Settings

KeySending = Literal["Never", "OncePerTransaction", "EveryMeterValue"]
SIGNED_CONTEXTS = ("begin", "end")
KINDS = {
    "ISO14443": "ISO14443",
    "ISO15693": "ISO15693",
    "eMAID": "EMAID",
    "Central": "CENTRAL",
    "Local": "LOCAL",
    "KeyCode": "KEY_CODE",
}
ENDS: dict[str, str] = {  # the others are a plain end
    "local": "L",
    "remote": "R",
    "power_loss": "P",
    "emergency_stop": "A",
    "deauthorized": "R",
}


class Metering:
    """The meters of one station. `public_key`: None where they do not sign.

    Noise is about power, voltage and current, at most `habits.noise_percent` of them; the register
    has none. The same seed, the same noise and the same key.
    """

    def __init__(self, identity: str, habits: Habits, settings: Settings, evses: int) -> None:
        self._identity = identity
        self._habits = habits
        self._settings = settings
        seed = f"{habits.seed}:{identity}"
        self._chance = Random(f"{seed}:noise")
        self._signer = ocmf.Signer(seed, habits.signs) if habits.signs else None
        self._pages: dict[int, int] = {}
        self.signed = 0
        if self._signer is not None:
            settings.provide(self._settings_of(self._signer, evses))

    @property
    def public_key(self) -> bytes | None:
        """SubjectPublicKeyInfo, DER."""
        return None if self._signer is None else self._signer.public_key

    @property
    def signing_method(self) -> str | None:
        """Algorithm, curve and hash in OCMF's words."""
        return None if self._signer is None else self._signer.method

    def measured(self, place: Evse, power_w: int) -> tuple[int, tuple[Electrics, ...]]:
        """The power and, phase by phase, the voltage and current, as a real meter tells them."""
        if not self._habits.noise_percent:
            return power_w, ()
        phases = self._habits.phases
        told = tuple(self._phase(power_w, phases) for _ in range(phases))
        return int(self._noisy(Decimal(power_w))), told

    def sign(
        self,
        place: Evse,
        reading: Reading,
        id_token: IdToken,
        why: Trigger | Reason,
        is_timed: bool,
    ) -> Signed | None:
        """The signature of a reading at a session's begin or end; None: this meter does not sign.

        `is_timed`: the clock was set by the hub.
        """
        if self._signer is None or reading.context not in SIGNED_CONTEXTS:
            return None
        if self._settings[self._names["sign"]].lower() != "true":
            return None
        page = self._pages[place.number] = self._pages.get(place.number, 0) + 1
        is_begin = reading.context == "begin"
        letter = "B" if is_begin else ENDS.get(why, "E")
        point = ocmf.Point(reading.at, reading.register_wh, letter, is_timed)
        text = ocmf.record(self._signer, self._meter(place), _user(place, id_token), page, [point])
        self.signed += 1
        sending = self._settings[self._names["key"]]
        tells_key = sending == "EveryMeterValue" or (sending == "OncePerTransaction" and is_begin)
        return Signed(text, self._signer.method, self._signer.public_key if tells_key else None)

    @property
    def _names(self) -> dict[str, str]:
        is_old = self._settings.access("HeartbeatInterval") is not None
        return OLD_NAMES if is_old else NEW_NAMES

    def _settings_of(self, signer: ocmf.Signer, evses: int) -> dict[str, Setting]:
        key = b64encode(signer.public_key).decode()
        public = self._names["public"]
        names = [public.format(evse) for evse in range(1, evses + 1)]
        return {
            self._names["sign"]: Setting("true"),
            self._names["key"]: Setting("OncePerTransaction"),
            **dict.fromkeys(names, Setting(key, "read_only")),
        }

    def _meter(self, place: Evse) -> ocmf.Meter:
        habits, number = self._habits, place.number
        return ocmf.Meter(
            vendor=habits.vendor,
            model=habits.model,
            firmware="1.0",
            station=self._identity,
            serial=f"{self._identity}-M{number}",
            charge_point=f"{self._identity} {number}",
        )

    def _phase(self, power_w: int, phases: int) -> Electrics:
        volts = self._noisy(Decimal(VOLTAGE_V))
        amperes = self._noisy(Decimal(power_w) / (VOLTAGE_V * phases))
        return Electrics(volts.quantize(Decimal("0.1")), amperes.quantize(Decimal("0.01")))

    def _noisy(self, exact: Decimal) -> Decimal:
        """Off by at most the noise; nothing stays nothing."""
        most = self._habits.noise_percent
        parts = self._chance.randint(-1_000, 1_000)
        return exact + exact * most * parts / 100_000


OLD_NAMES = {  # 1.6 has no words of its own: those that the field uses
    "sign": "SampledDataSignReadings",
    "key": "PublicKeyWithSignedMeterValue",
    "public": "MeterPublicKey{}",
}
NEW_NAMES = {
    "sign": "SampledDataCtrlr.SignReadings",
    "key": "OCPPCommCtrlr.PublicKeyWithSignedMeterValue",
    "public": "FiscalMetering.PublicKey",
}


def _user(place: Evse, id_token: IdToken) -> ocmf.User:
    session = place.session
    is_remote = session is not None and session.trigger == "remote_start"
    is_card = id_token.kind in ("ISO14443", "ISO15693") and not is_remote
    flags = ("RFID_PLAIN" if is_card else "RFID_NONE", "OCPP_RS" if is_remote else "OCPP_AUTH")
    is_known = is_remote or (session is not None and session.verdict == "accepted")
    kind = "CENTRAL" if is_remote else KINDS.get(id_token.kind, "UNDEFINED")
    return ocmf.User("TRUSTED" if is_known else "HEARSAY", flags, kind, id_token.value)
