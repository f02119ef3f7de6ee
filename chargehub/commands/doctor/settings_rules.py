"""Judges the settings: would the hub start with them, and be reached as people expect?"""

from typing import Final

from chargehub.commands.doctor.addresses import is_local, scheme_of
from chargehub.commands.doctor.facts import Facts
from chargehub.commands.doctor.verdicts import Verdict, green, red, skipped, yellow

PLAY_MONEY: Final = ("sandbox", "prepaid", "token")  # rails that live in the hub itself


def settings(facts: Facts) -> Verdict:
    wrong = facts.configured.wrong
    return red(" ".join(wrong)) if wrong else green("The hub can start with them.")


def loosened(facts: Facts) -> Verdict:
    names = facts.configured.loosened
    if names:
        return yellow(f"For trials or closed networks alone: {', '.join(names)}.")
    return green("None that belongs to trials is on.")


def public_url(facts: Facts) -> Verdict:
    url, http = facts.configured.public_url, facts.configured.http
    if not url:
        return yellow(f"None is set: links in mails lead to http://{http}.")
    scheme = scheme_of(url)
    if scheme not in ("http", "https"):
        return red("It is no URL that begins with https://.")
    if scheme == "https":
        return green("It is set, and begins with https://.")
    if is_local(url):
        return yellow("It leads to this machine alone.")
    return red("It begins with http://: passwords and tokens travel for everybody to read.")


def station_urls(facts: Facts) -> Verdict:
    found = facts.configured
    plain, secure = found.ocpp_public_url, found.ocpps_public_url
    if plain and scheme_of(plain) not in ("ws", "wss"):
        return red("CHARGEHUB_OCPP_PUBLIC_URL is no URL that begins with wss:// or ws://.")
    if secure and scheme_of(secure) != "wss":
        return red("CHARGEHUB_OCPPS_PUBLIC_URL is no URL that begins with wss://.")
    if found.ocpps or secure or scheme_of(plain) == "wss":
        return green("Stations can connect with TLS.")
    if is_local(plain or found.ocpp):
        return green("Only this machine's own stations can connect.")
    return yellow("Stations connect without TLS: their passwords travel for everybody to read.")


def mail(facts: Facts) -> Verdict:
    found = facts.configured
    if not found.smtp:
        return yellow("No mail server is set: mail is noted in the log and goes nowhere.")
    if found.mail_answer:
        return red(f"{found.smtp} takes no mail: {found.mail_answer}.")
    if found.mail_from.rstrip(">").endswith("@localhost"):
        return yellow(f"The sender is {found.mail_from}: many will not take mail from there.")
    if found.mail_answer is None:
        return green(f"It goes to {found.smtp}, which was not asked.")
    return green(f"{found.smtp} takes it.")


def rails(facts: Facts) -> Verdict:
    found = facts.configured.rails
    if not found:
        return skipped("No rails are known.")
    if all(each in PLAY_MONEY for each in found):
        return yellow(f"Only {', '.join(found)}: no real money moves.")
    return green(f"{', '.join(found)}.")
