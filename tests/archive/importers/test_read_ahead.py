"""Reading in another process: the same items, the same ends, and nothing left running."""

import gzip
import json
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from archive.importers import read_ahead
from archive.importers.files import ImportFile, ImportOptions, items_read
from archive.importers.read_ahead import items_ahead
from archive.importers.records import FormatError, Item, StoppedError
from moderation.benchmarks.archive import export_write


def test_the_items_and_their_places_in_the_file_are_those_of_one_process(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    size = export_write(path, comments=5000)
    file = ImportFile(path=path, folder="gazette")
    places: list[int] = []
    with items_ahead(file, ImportOptions(), places.append) as items:
        found = list(items)
    with items_read(file, ImportOptions()) as items:
        assert found == list(items)
    assert len(places) == len(found) == 5125
    assert places == sorted(places)
    assert 0 < places[0] < places[-1] <= size
    assert multiprocessing.active_children() == []


def test_all_comments_of_an_article_still_share_its_record(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    export_write(path, comments=30)
    with items_ahead(ImportFile(path=path, folder="gazette"), ImportOptions()) as items:
        article, *comments = items
    assert len(comments) == 30
    assert all(each.article is article for each in comments)  # type: ignore[union-attr]


def test_a_file_that_breaks_gives_what_came_before_and_the_same_reason(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.gz"
    rows = (json.dumps({"external_id": str(n), "article": "a", "text": os.urandom(40).hex()}) for n in range(9000))
    packed = gzip.compress("\n".join(rows).encode())
    path.write_bytes(packed[: len(packed) // 2])
    found: list[Item] = []
    with (
        pytest.raises(StoppedError, match="cut off"),
        items_ahead(ImportFile(path=path, folder="gazette"), ImportOptions()) as items,
    ):
        found.extend(items)
    assert 2000 < len(found) < 9000


def test_a_file_that_is_not_what_it_is_said_to_be_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_text("no JSON\n" * 30)
    with (
        pytest.raises(FormatError, match="not jsonl"),
        items_ahead(ImportFile(path=path, folder="gazette"), ImportOptions(format="jsonl")) as items,
    ):
        list(items)


def test_a_reader_that_dies_is_told_and_one_that_is_not_wanted_any_more_ends(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    export_write(path, comments=3 * read_ahead.BATCH_RECORDS)
    file = ImportFile(path=path, folder="gazette")
    with items_ahead(file, ImportOptions()) as items:
        next(items)
        (reader,) = multiprocessing.active_children()
        os.kill(reader.pid or 0, signal.SIGKILL)
        with pytest.raises(StoppedError, match="has died"):
            list(items)
    with items_ahead(file, ImportOptions()) as items:
        next(items)
    assert multiprocessing.active_children() == []


def test_an_interrupt_at_the_terminal_ends_the_importing_process_and_not_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    export_write(path, comments=100)
    with items_ahead(ImportFile(path=path, folder="gazette"), ImportOptions()) as items:
        (reader,) = multiprocessing.active_children()
        for _ in range(20):
            os.kill(reader.pid or 0, signal.SIGINT)
            time.sleep(0.02)
        assert len(list(items)) == 103


def test_a_reader_that_dies_in_the_middle_of_a_batch_is_told_too() -> None:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    os.write(sender.fileno(), (100).to_bytes(4, "big") + b"the first of a hundred bytes")
    sender.close()
    with receiver, pytest.raises(StoppedError, match="has died"):
        list(read_ahead._received(receiver, None))
