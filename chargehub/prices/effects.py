"""The effect that fetches wholesale prices: from a public address, bounded in time and size."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Final

import httpx2

from chargehub.events import WholesaleAsked
from chargehub.prices import dayahead
from chargehub.prices.dayahead import Feed, Source
from chargehub.prices.fetching import Fetched
from chargehub.prices.listed import BadPrices, parse
from chargehub.reach import NotReached, Question, Reach

LONGEST_FAULT: Final = 200  # characters of why prices did not come that are kept
LARGEST_ANSWER: Final = 262_144  # bytes; a day of quarters has some 15,000


class Fetcher:
    """Fetches the prices of a day. One for the life of the hub; `source` None: there are none."""

    def __init__(self, source: Source | None, may_be_private: bool) -> None:
        self._source = source
        self._reach = Reach(may_be_private)

    async def close(self) -> None:
        await self._reach.close()

    async def run(self, event: WholesaleAsked, key: str) -> Fetched:
        """The prices of the day that was asked for, or why there are none.

        A failure is an outcome: the next look at the feed asks again.
        """
        source = self._source
        feed = None if source is None else source.feed(event.area, event.currency)
        if source is None or feed is None:
            return Fetched(None, timedelta(), {})
        try:
            async with asyncio.timeout(source.timeout.total_seconds()):
                prices = await self._prices(source, feed, date.fromisoformat(event.day))
        except TimeoutError:
            fault = f"No answer within {source.timeout.total_seconds():g} s."
        except NotReached as error:
            fault = str(error)
        except BadPrices as error:
            fault = f"The answer cannot be used: {error}."
        except (OSError, httpx2.HTTPError, httpx2.InvalidURL) as error:
            fault = f"The line broke: {type(error).__name__}."
        else:
            return Fetched(feed, source.lasts, prices)
        return Fetched(feed, source.lasts, {}, fault[:LONGEST_FAULT])

    async def _prices(self, source: Source, feed: Feed, day: date) -> dict[datetime, int]:
        # Packed, an answer might unfold to any size.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if source.token:
            headers["Authorization"] = f"Bearer {source.token}"
        question = Question("wholesale", "GET", source.url_of(feed, day), headers)
        async with self._reach.ask(question) as answer:
            if answer.status_code != httpx2.codes.OK:
                raise NotReached(f"The answer has the status {answer.status_code}.")
            content = await _content(answer)
        return dayahead.slots(parse(content, is_json=True), feed, day)


async def _content(answer: httpx2.Response) -> bytes:
    read = bytearray()
    async for part in answer.aiter_raw():  # so that its size on the wire is its size
        read += part
        if len(read) > LARGEST_ANSWER:
            raise BadPrices(f"it has more than {LARGEST_ANSWER} bytes")
    return bytes(read)
