"""Times: the forms that exports use, the zones that they name, and what is no time."""
# ruff: noqa: DTZ001 - a time without a zone is one of the cases: it is in the source's own zone

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.importers.page.dates import dates_found
from archive.importers.times import ZONES, NoTimeError, time_form_check, time_parse

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


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("Fri May 03 2019 14:22:10 GMT+0200 (Central European Summer Time)", "2019-05-03T12:22:10+00:00"),
        ("Fri May 03 2019 14:22:10 GMT-0500 (CDT)", "2019-05-03T19:22:10+00:00"),
        ("Fri, 03 May 2019 14:22:10 CEST", "2019-05-03T12:22:10+00:00"),
        ("Fri, 03 May 2019 14:22:10 BST", "2019-05-03T13:22:10+00:00"),
        ("3 May 2019 14:22:10 AEST", "2019-05-03T04:22:10+00:00"),
        ("Fri, 03 May 2019 14:22:10 +02:00", "2019-05-03T12:22:10+00:00"),
        ("Fri, 03 May 2019 14:22:10 +03", "2019-05-03T11:22:10+00:00"),
        ("Fri, 03 May 2019 14:22:10 UTC-5", "2019-05-03T19:22:10+00:00"),
        ("2019-05-03 14:22:10 GMT+3", "2019-05-03T11:22:10+00:00"),
        ("2019-05-03 14:22:10.123+02", "2019-05-03T12:22:10.123000+00:00"),
        ("Fri May  3 14:22:10 CEST 2019", "2019-05-03T12:22:10+00:00"),
        ("Fri May 03 14:22:10 +0200 2019", "2019-05-03T12:22:10+00:00"),
        ("2019-05-03T14:22:10+02:00[Europe/Paris]", "2019-05-03T12:22:10+00:00"),
        ("2019-05-03 14:22:10 Europe/Istanbul", "2019-05-03T11:22:10+00:00"),
        ("2019-05-03T14:22:10 (CEST)", "2019-05-03T12:22:10+00:00"),
        ("Fri, 03 May 2019 14:22:10 -0000", "2019-05-03T14:22:10+00:00"),
        ("May 3, 2019 2:22 PM", "2019-05-03T14:22:00"),
        ("Fri, 03 May 2019 02:22:10 PM", "2019-05-03T14:22:10"),
        ("May 3, 2019 at 12:05 a.m. EST", "2019-05-03T05:05:00+00:00"),
        ("25/03/2019 14:22", "2019-03-25T14:22:00"),
        ("2019/05/03 14:22:10", "2019-05-03T14:22:10"),
        ("20190503142210", "2019-05-03T14:22:10"),
    ],
)
def test_what_people_and_programs_write_is_the_moment_that_they_mean(value: str, time: str) -> None:
    assert time_parse(value).isoformat() == time


@pytest.mark.parametrize(
    "value",
    [
        "5/3/2019 14:22",
        "03.05.2019",
        "5/3/19 2:22 PM",
        "03 May 19",
        "May 2019",
        "2019",
        "10:00",
        "Friday 10:00",
        "1556892130",
        "1556892130000",
        "1203040506",
        "1556892130.5",
        "3 May 2019 10:00 IST",
        "3 May 2019 14:22:10 EST-2",
        "3 May 2019 14:22 PM",
        "2019-05-03 14:22:10 Mars/Olympus",
        "2019-05-03 14:22:10 (Somewhere Time)",
        "0000-00-00 00:00:00",
        "-0001-11-30 00:00:00",
        "NULL",
        "2 hours ago",
        "9" * 101,
    ],
)
def test_what_can_be_read_in_two_ways_or_not_at_all_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        time_parse(value)


def test_the_year_1_stands_for_no_time() -> None:
    for value in ("0001-01-01T00:00:00Z", "0001-01-01", "Mon, 01 Jan 0001 00:00:00 +0000"):
        with pytest.raises(NoTimeError):
            time_parse(value)


@pytest.mark.parametrize(
    ("value", "form", "time"),
    [
        ("1556892130", "%s", datetime(2019, 5, 3, 14, 2, 10, tzinfo=UTC)),
        ("1556892130.25", "%s", datetime(2019, 5, 3, 14, 2, 10, 250_000, tzinfo=UTC)),
        ("1556892130123", "ms", datetime(2019, 5, 3, 14, 2, 10, 123_000, tzinfo=UTC)),
        ("1556892130123.0", "ms", datetime(2019, 5, 3, 14, 2, 10, 123_000, tzinfo=UTC)),
        ("1556892130123456", "us", datetime(2019, 5, 3, 14, 2, 10, 123_456, tzinfo=UTC)),
    ],
)
def test_counts_since_1970_are_exact(value: str, form: str, time: datetime) -> None:
    assert time_parse(value, form) == time


@pytest.mark.parametrize(
    ("value", "form"),
    [("1556892130", "ms"), ("1556892130123", "us"), ("1556892130123", "%s"), ("-5", "%s"), ("", "ms")],
)
def test_a_count_of_another_unit_is_no_time(value: str, form: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        time_parse(value, form)


@pytest.mark.parametrize("form", ["%d/%m %H:%M", "%Y-%m-%d %H:%M %p", "%Q", "x"])
def test_a_form_that_would_read_another_moment_is_refused(form: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        time_form_check(form)


@pytest.mark.parametrize("form", ["%s", "ms", "us", C_FORM, "%d/%m/%Y", "%d.%m.%y %I:%M %p", "%c"])
def test_a_form_that_tells_a_time_is_taken(form: str) -> None:
    time_form_check(form)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)), st.integers(-14 * 4, 14 * 4), st.data())
def test_an_offset_means_the_same_in_each_way_of_writing_it(time: datetime, quarters: int, data: st.DataObject) -> None:
    time = time.replace(microsecond=0)
    sign, (hours, minutes) = "-" if quarters < 0 else "+", divmod(abs(quarters) * 15, 60)
    offsets = [f"{sign}{hours:02}{minutes:02}", f"{sign}{hours:02}:{minutes:02}", f"GMT{sign}{hours:02}{minutes:02}"]
    offsets += [f"{sign}{hours:02}", f"UTC{sign}{hours}"] if not minutes else []
    forms = ["{:%a, %d %b %Y %H:%M:%S} {}", "{:%a %b %d %Y %H:%M:%S} {} (Some Time)", "{:%b %d, %Y %I:%M:%S %p} {}"]
    written = data.draw(st.sampled_from(forms)).format(time, data.draw(st.sampled_from(offsets)))
    away = timedelta(hours=hours, minutes=minutes) * (-1 if quarters < 0 else 1)
    assert time_parse(written) == time.replace(tzinfo=UTC) - away


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


@given(st.text(max_size=60), st.sampled_from([None, "%s", "ms", "us", C_FORM, "%d.%m.%Y %H:%M", "%j %U %z"]))
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


@given(st.text(alphabet="0123456789:./-, aAtTpPmMZ+MayJanSeptGUCE()[]", max_size=40))
def test_any_text_that_looks_like_a_time_is_one_or_a_value_error(value: str) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(time_parse(value), datetime)


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("4:05 pm GMT+0200", "2021-05-03T16:05:00+02:00"),
        ("4:05 pm +03", "2021-05-03T16:05:00+03:00"),
        ("4:05 pm UTC-5", "2021-05-03T16:05:00-05:00"),
        ("16:05 CEST", "2021-05-03T16:05:00+02:00"),
        ("16:05", "2021-05-03T16:05:00"),
    ],
)
def test_a_page_names_zones_in_the_same_ways(written: str, time: str) -> None:
    (found,) = dates_found(f"May 3, 2021 at {written}")
    assert found.time is not None
    assert found.time.isoformat() == time


def test_a_zone_on_a_page_that_nobody_can_tell_leaves_no_time() -> None:
    (found,) = dates_found("May 3, 2021 at 4:05 pm IST")
    assert found.time is None


@given(st.text(alphabet="0123456789:./-, aAtTpPmMZ+MayJanSept|", max_size=60))
def test_any_line_gives_dates_that_lie_inside_it(line: str) -> None:
    for date in dates_found(line):
        assert 0 <= date.begin < date.end <= len(line)
