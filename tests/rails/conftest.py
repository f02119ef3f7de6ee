"""The rails of the contract, for all tests of it."""

from tests.rails.test_contract import case, payer, paying, rail

__all__ = ["case", "payer", "paying", "rail"]
