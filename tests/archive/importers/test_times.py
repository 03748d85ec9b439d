"""Times: the forms that exports use, the zones that they name, and what is no time."""
# ruff: noqa: DTZ001 - a time without a zone is one of the cases: it is in the source's own zone

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.importers.page.dates import dates_found
from archive.importers.times import ZONES, time_parse

C_FORM = "%a %b %d %H:%M:%S %Z %Y"


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("Thu Jun 26 00:00:00 CEST 2014", datetime(2014, 6, 25, 22, tzinfo=UTC)),
        ("Wed Jan 15 12:30:00 CET 2014", datetime(2014, 1, 15, 11, 30, tzinfo=UTC)),
        ("Wed Jan 15 12:30:00 PST 2014", datetime(2014, 1, 15, 20, 30, tzinfo=UTC)),
        ("Wed Jan 15 12:30:00 GMT 2014", datetime(2014, 1, 15, 12, 30, tzinfo=UTC)),
    ],
)
def test_the_zones_that_people_write_give_the_right_utc(value: str, time: datetime) -> None:
    assert time_parse(value, C_FORM) == time


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("2014-01-15T12:30:00Z", datetime(2014, 1, 15, 12, 30, tzinfo=UTC)),
        ("2014-01-15T12:30:00+03:00", datetime(2014, 1, 15, 9, 30, tzinfo=UTC)),
        ("Tue, 14 Jan 2014 17:31:03 +0100", datetime(2014, 1, 14, 16, 31, 3, tzinfo=UTC)),
        ("2014-01-15 12:30:00", datetime(2014, 1, 15, 12, 30)),
        ("2014-01-15", datetime(2014, 1, 15)),
    ],
)
def test_standard_forms_need_no_time_format_and_a_missing_zone_is_left_to_the_source(
    value: str, time: datetime
) -> None:
    assert time_parse(value) == time
    assert time_parse(value).tzinfo == time.tzinfo


def test_seconds_since_1970_are_a_form_too() -> None:
    assert time_parse("1403733600", "%s") == datetime(2014, 6, 25, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("yesterday", None),
        ("", None),
        ("14 Jan", None),
        ("0001-01-01T00:00:00+05:00", None),
        ("9999-12-31T23:59:59-05:00", None),
        ("1e300", "%s"),
        ("nan", "%s"),
        ("Thu Jun 26 00:00:00 IST 2014", C_FORM),
        ("Thu Jun 26 00:00:00 2014", C_FORM),
        ("31/02/2014", "%d/%m/%Y"),
    ],
)
def test_what_is_no_time_is_an_error_and_no_guess(value: str, form: str | None) -> None:
    with pytest.raises(ValueError, match=r".*"):
        time_parse(value, form)


@given(st.text(max_size=60), st.sampled_from([None, "%s", C_FORM, "%d.%m.%Y %H:%M", "%j %U %z"]))
def test_any_text_is_a_time_or_a_value_error(value: str, form: str | None) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(time_parse(value, form), datetime)


@given(st.datetimes(datetime(1000, 1, 1)), st.sampled_from(sorted(ZONES)))
def test_each_zone_means_its_offset(time: datetime, zone: str) -> None:
    written = f"{time:%Y-%m-%d %H:%M} {zone}"
    offset = f"{time:%Y-%m-%d %H:%M} {ZONES[zone]}"
    try:
        expected = time_parse(offset, "%Y-%m-%d %H:%M %z")
    except ValueError:
        return
    assert time_parse(written, "%Y-%m-%d %H:%M %Z") == expected


@given(st.text(alphabet="0123456789:./-, aAtTpPmMZ+MayJanSept|", max_size=60))
def test_any_line_gives_dates_that_lie_inside_it(line: str) -> None:
    for date in dates_found(line):
        assert 0 <= date.begin < date.end <= len(line)
