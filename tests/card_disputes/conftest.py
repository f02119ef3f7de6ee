from tests.payments.conftest import world  # noqa: F401  # the same world
