"""The hub's commands on certificates and network profiles, in 1.6 and in 2.x.

Source: OCPP 1.6 security white paper 3, section 5; OCPP 2.0.1 part 2, A02, A05, B09 and M.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ocpp.v16 import call_result as results16
from ocpp.v16.enums import Action as Action16
from ocpp.v201.enums import Action as Action2x

from chargers import keys
from chargers.dialects.peer import answers
from chargers.keys import CertificateName
from chargers.remote import RemoteControl, Reported
from chargers.security import Security
from chargers.vault import Use

USES16: Mapping[str, Use] = {
    "CentralSystemRootCertificate": "hub",
    "ManufacturerRootCertificate": "manufacturer",
}
USES2X: Mapping[str, Use] = {
    "CSMSRootCertificate": "hub",
    "ManufacturerRootCertificate": "manufacturer",
    "MORootCertificate": "mobility_operator",
    "V2GRootCertificate": "v2g",
}
TRIGGERS16: Mapping[str, Reported] = {
    "BootNotification": "boot",
    "Heartbeat": "heartbeat",
    "MeterValues": "meter_values",
    "SignChargePointCertificate": "certificate",
    "StatusNotification": "status",
}
ALGORITHM = "SHA256"  # of what the station tells; it is asked in any
WORDS = {
    "accepted": "Accepted",
    "failed": "Failed",
    "rejected": "Rejected",
    "not_found": "NotFound",
}


class Security16:
    """Goes before the ChargePoint of 1.6 in a dialect's bases."""

    _commands: RemoteControl

    @answers(Action16.extended_trigger_message)
    def _extended_trigger(self, requested_message: str, connector_id: int | None = None) -> Any:
        if requested_message not in TRIGGERS16:
            return results16.ExtendedTriggerMessage("NotImplemented")
        status = self._commands.trigger(TRIGGERS16[requested_message], connector_id)
        return results16.ExtendedTriggerMessage(status.capitalize())

    @answers(Action16.certificate_signed)
    def _certificate_signed(self, certificate_chain: str) -> Any:
        status = _accepted(self._commands.security.take_certificate(certificate_chain))
        return results16.CertificateSigned(status)

    @answers(Action16.install_certificate)
    def _install_certificate(self, certificate_type: str, certificate: str) -> Any:
        status = self._commands.security.install(USES16[certificate_type], certificate)
        return results16.InstallCertificate(WORDS[status])

    @answers(Action16.get_installed_certificate_ids)
    def _installed_certificates(self, certificate_type: str) -> Any:
        found = [
            data for _, data in _installed(self._commands.security, [certificate_type], USES16)
        ]
        status = "Accepted" if found else "NotFound"
        return results16.GetInstalledCertificateIds(status, found or None)

    @answers(Action16.delete_certificate)
    def _delete_certificate(self, certificate_hash_data: Mapping[str, Any]) -> Any:
        status = self._commands.security.delete(_name(certificate_hash_data))
        return results16.DeleteCertificate(WORDS[status])


class Security2x:
    """Goes before the ChargePoint of a 2.x version in a dialect's bases."""

    _call_result: Any
    _commands: RemoteControl

    @answers(Action2x.certificate_signed)
    def _certificate_signed(
        self, certificate_chain: str, certificate_type: str = "ChargingStationCertificate", **_: Any
    ) -> Any:
        is_own = certificate_type == "ChargingStationCertificate"  # it has nothing to show to cars
        taken = is_own and self._commands.security.take_certificate(certificate_chain)
        return self._call_result.CertificateSigned(_accepted(taken))

    @answers(Action2x.install_certificate)
    def _install_certificate(self, certificate_type: str, certificate: str, **_: Any) -> Any:
        use = USES2X.get(certificate_type)
        status = "rejected" if use is None else self._commands.security.install(use, certificate)
        return self._call_result.InstallCertificate(WORDS[status])

    @answers(Action2x.get_installed_certificate_ids)
    def _installed_certificates(
        self, certificate_type: Sequence[str] | None = None, **_: Any
    ) -> Any:
        wanted = certificate_type or list(USES2X)
        found = [
            {"certificate_type": kind, "certificate_hash_data": data}
            for kind, data in _installed(self._commands.security, wanted, USES2X)
        ]
        status = "Accepted" if found else "NotFound"
        return self._call_result.GetInstalledCertificateIds(
            status, certificate_hash_data_chain=found or None
        )

    @answers(Action2x.delete_certificate)
    def _delete_certificate(self, certificate_hash_data: Mapping[str, Any], **_: Any) -> Any:
        status = self._commands.security.delete(_name(certificate_hash_data))
        return self._call_result.DeleteCertificate(WORDS[status])

    @answers(Action2x.set_network_profile)
    def _set_network_profile(
        self, configuration_slot: int, connection_data: Mapping[str, Any], **_: Any
    ) -> Any:
        status = self._commands.security.keep_network(configuration_slot, connection_data)
        return self._call_result.SetNetworkProfile(status)


def _accepted(yes: bool) -> str:
    return "Accepted" if yes else "Rejected"


def _installed(
    security: Security, wanted: Sequence[str], uses: Mapping[str, Use]
) -> list[tuple[str, dict[str, str]]]:
    """The standard's word and the name of each root that is meant."""
    words = {uses[kind]: kind for kind in wanted if kind in uses}
    return [
        (words[use], _told(keys.name_of(root, root, ALGORITHM)))
        for use, root in security.vault.installed()
        if use in words
    ]


def _told(name: CertificateName) -> dict[str, str]:
    return {
        "hash_algorithm": name.algorithm,
        "issuer_name_hash": name.issuer_name,
        "issuer_key_hash": name.issuer_key,
        "serial_number": name.serial_number,
    }


def _name(told: Mapping[str, Any]) -> CertificateName:
    return CertificateName(
        told["hash_algorithm"],
        told["issuer_name_hash"],
        told["issuer_key_hash"],
        told["serial_number"],
    )
