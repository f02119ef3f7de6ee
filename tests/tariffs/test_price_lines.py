"""What people read before they pay: every price, in the order of the country."""

from chargehub.tariffs.price_lines import price_lines
from chargehub.tariffs.pricing import parse


def test_every_price_has_its_line_in_the_order_that_is_asked_for() -> None:
    tariff = parse(
        '{"name":"Town","currency":"EUR","vat_percent":"19","minimum":"1","maximum":"50.5",'
        '"components":[{"kind":"flat","amount":"0.35"},'
        '{"kind":"idle","per_minute":"0.10","grace_s":1200},'
        '{"kind":"time","per_minute":"0.011"},{"kind":"energy","per_kwh":"0.390"}]}'
    )

    found = price_lines(tariff)
    turned = price_lines(tariff, ("other", "session", "minute", "kwh"))

    assert [(line.part, line.text) for line in found] == [
        ("kwh", "0.39 EUR per kWh"),
        ("minute", "0.1 EUR per minute without charging, from 20 minutes after charging on"),
        ("minute", "0.011 EUR per minute of charging"),
        ("session", "0.35 EUR per session"),
        ("other", "At least 1 EUR per session"),
        ("other", "At most 50.5 EUR per session"),
    ]
    assert [line.part for line in turned] == [line.part for line in reversed(found)]
