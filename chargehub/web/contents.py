"""The table of contents: every file of pages, each one errand."""

from chargehub.web.pages import (
    accounts,
    after,
    charging,
    disputes,
    finding,
    guests,
    own_account,
    owner_home,
    owner_places,
    owner_start,
    owner_terms,
    reading,
    returning,
    stations,
    walk_up,
    wallet,
)

PAGES = (
    reading.router,
    accounts.router,
    finding.router,
    stations.router,
    charging.router,
    wallet.router,
    returning.router,
    walk_up.router,
    guests.router,
    after.router,
    own_account.router,
    disputes.router,
    owner_home.router,
    owner_places.router,
    owner_terms.router,
    owner_start.router,
)
