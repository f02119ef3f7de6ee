"""What a station reports of its settings, as its owner reads them."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlmodel import col

from chargehub.stations import rules
from chargehub.stations.schema import StationSetting
from chargehub.store.work import Work


def store_settings(work: Work, station_id: str, settings: Mapping[str, str], now: datetime) -> None:
    """Keep what a station reported of its settings: name -> value as text, the last one counts.

    Passwords are not kept, nor more than MAX_SETTINGS names of one station.
    """
    of_station = col(StationSetting.station_id) == station_id
    known = {row[0] for row in work.all(select(col(StationSetting.name)).where(of_station))}
    for told_name, told_value in settings.items():
        name, value = rules.legible(told_name, 160), told_value.replace("\x00", "")[:2_500]
        if name is None or rules.is_password_setting(name):
            continue
        if name in known:
            is_it = of_station & (col(StationSetting.name) == name)
            changed = update(StationSetting).where(is_it)
            work.execute(changed.values(value=value, reported_at=now))
        elif len(known) < rules.MAX_SETTINGS:
            known.add(name)
            work.add(StationSetting(station_id=station_id, name=name, value=value, reported_at=now))
