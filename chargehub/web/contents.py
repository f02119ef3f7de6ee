"""The table of contents: every file of pages, each one errand."""

from chargehub.web.pages import accounts, finding, reading

PAGES = (reading.router, accounts.router, finding.router)
