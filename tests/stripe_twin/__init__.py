"""A Stripe of our own on loopback, for the unmodified SDK: stateful, strict, and with faults."""
