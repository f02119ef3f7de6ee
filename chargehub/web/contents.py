"""The table of contents: every file of pages, each one errand."""

from chargehub.web.pages import accounts, charging, finding, reading, stations, wallet

PAGES = (
    reading.router,
    accounts.router,
    finding.router,
    stations.router,
    charging.router,
    wallet.router,
)
