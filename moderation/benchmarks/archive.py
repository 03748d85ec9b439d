"""`benchmark archive`: a seeded WordPress export of any size, and its import by the command.

The export is like a newsroom's: comments of log-normal length with markup, entities, local and UTC times, threads.
"""

import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

from django.conf import settings

from moderation.benchmarks.scratch import BenchmarkError, scratch_database

SEED = 20140626
COMMENTS_AN_ARTICLE = 40
COMMENTS_A_PERSON = 12
REPLY_SHARE = 0.4
MARKUP_SHARE = 0.5
_VOCABULARY = 20_000
_RUN = 100_000
_BEGIN = datetime(2014, 6, 26, 12, tzinfo=UTC)
_SYLLABLES = (
    "ba",
    "co",
    "den",
    "er",
    "fi",
    "gral",
    "ho",
    "in",
    "ka",
    "lor",
    "mi",
    "nes",
    "ot",
    "pra",
    "ri",
    "sen",
    "tu",
)
_HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
\txmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wfw="http://wellformedweb.org/CommentAPI/"
\txmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
\t<title>Benchmark</title>
\t<link>https://benchmark.example</link>
\t<language>en-US</language>
\t<wp:wxr_version>1.2</wp:wxr_version>
\t<wp:base_blog_url>https://benchmark.example</wp:base_blog_url>
"""
_ITEM = """\t<item>
\t\t<title><![CDATA[{title}]]></title>
\t\t<link>https://benchmark.example/{number}/</link>
\t\t<dc:creator><![CDATA[desk]]></dc:creator>
\t\t<guid isPermaLink="false">https://benchmark.example/?p={number}</guid>
\t\t<content:encoded><![CDATA[{body}]]></content:encoded>
\t\t<excerpt:encoded><![CDATA[]]></excerpt:encoded>
\t\t<wp:post_id>{number}</wp:post_id>
\t\t<wp:post_date><![CDATA[{at}]]></wp:post_date>
\t\t<wp:post_date_gmt><![CDATA[{at}]]></wp:post_date_gmt>
\t\t<wp:comment_status><![CDATA[open]]></wp:comment_status>
\t\t<wp:status><![CDATA[publish]]></wp:status>
\t\t<wp:post_type><![CDATA[post]]></wp:post_type>
\t\t<category domain="category" nicename="town"><![CDATA[Town]]></category>
"""
_COMMENT = """\t\t<wp:comment>
\t\t\t<wp:comment_id>{number}</wp:comment_id>
\t\t\t<wp:comment_author><![CDATA[{name}]]></wp:comment_author>
\t\t\t<wp:comment_author_email><![CDATA[{person}@benchmark.example]]></wp:comment_author_email>
\t\t\t<wp:comment_author_url></wp:comment_author_url>
\t\t\t<wp:comment_author_IP><![CDATA[192.0.2.{ip}]]></wp:comment_author_IP>
\t\t\t<wp:comment_date><![CDATA[{local}]]></wp:comment_date>
\t\t\t<wp:comment_date_gmt><![CDATA[{at}]]></wp:comment_date_gmt>
\t\t\t<wp:comment_content><![CDATA[{text}]]></wp:comment_content>
\t\t\t<wp:comment_approved><![CDATA[{state}]]></wp:comment_approved>
\t\t\t<wp:comment_type><![CDATA[comment]]></wp:comment_type>
\t\t\t<wp:comment_parent>{parent}</wp:comment_parent>
\t\t\t<wp:comment_user_id>0</wp:comment_user_id>
\t\t</wp:comment>
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One import: `seconds` and `cpu_seconds` of the whole command, its start included, without the database server.

    `bytes` is the size of the export, `peak_bytes` the peak memory of the largest of the command's processes.
    """

    comments: int
    bytes: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int

    @property
    def rate(self) -> float:
        """Comments a second."""
        return self.comments / self.seconds


def export_write(path: Path, *, comments: int, seed: int = SEED) -> int:
    """Writes an export with `comments` comments; returns its size in bytes. The same seed gives the same file."""
    with path.open("w", encoding="utf-8") as stream:
        stream.write(_HEAD)
        stream.writelines(_items(_Writer(seed, comments), comments))
        stream.write("</channel>\n</rss>\n")
    return path.stat().st_size


def _items(writer: "_Writer", comments: int) -> Iterator[str]:
    for article, first in enumerate(range(1, comments + 1, COMMENTS_AN_ARTICLE), 1):
        yield writer.article(article)
        last = min(first + COMMENTS_AN_ARTICLE, comments + 1)
        yield from (writer.comment(number, first) for number in range(first, last))
        yield "\t</item>\n"


class _Writer:
    """Writes articles and comments from a seed."""

    def __init__(self, seed: int, comments: int) -> None:
        # Reproducible, and no secret.
        self._random = random.Random(seed)  # noqa: S311
        self._people = max(1, comments // COMMENTS_A_PERSON)
        words = ["".join(self._random.choices(_SYLLABLES, k=1 + n % 4)) for n in range(_VOCABULARY)]
        # Few words are most of what is written, as in any language.
        weights = list(accumulate(1 / (rank + 2) for rank in range(_VOCABULARY)))
        self._run = self._random.choices(words, cum_weights=weights, k=_RUN)

    def article(self, number: int) -> str:
        """Returns the beginning of an item."""
        body = "\n\n".join(f"<p>{self._words(60)}</p>" for _ in range(4))
        return _ITEM.format(number=number, title=self._words(7), body=body, at=_time(number))

    def comment(self, number: int, first: int) -> str:
        """Returns a comment; it may answer one of those since `first`, the first of its article."""
        draw = self._random
        person = draw.randrange(self._people)
        parent = draw.randrange(first, number) if number > first and draw.random() < REPLY_SHARE else 0
        return _COMMENT.format(
            number=number,
            name=f"Reader {person}",
            person=person,
            ip=person % 256,
            local=_time(number + 120),
            at=_time(number),
            text=self._text(),
            state="1" if draw.random() > 0.05 else "0",  # noqa: PLR2004
            parent=parent,
        )

    def _text(self) -> str:
        draw = self._random
        parts = [self._words(min(600, max(3, int(draw.lognormvariate(2.9, 0.8))))) for _ in range(draw.randint(1, 2))]
        if draw.random() < MARKUP_SHARE:
            word = self._words(1)
            parts[0] = f'<a href="https://benchmark.example/{word}" rel="nofollow">{word}</a> &#8220;{parts[0]}&#8221;'
            parts[-1] += f" <em>{word}</em> &amp; {word}"
        return "\n\n".join(parts)

    def _words(self, count: int) -> str:
        begin = self._random.randrange(_RUN - count)
        return " ".join(self._run[begin : begin + count]).capitalize() + "."


def _time(minutes: int) -> str:
    return f"{_BEGIN + timedelta(minutes=minutes):%Y-%m-%d %H:%M:%S}"


def archive_measured(*, comments: int) -> Measured:
    """Makes an export, imports it with the command into a scratch database of the configured kind, and measures that.

    Raises:
        BenchmarkError: the import failed, or not every comment came in.
    """
    with TemporaryDirectory(prefix="moderato-benchmark-") as folder, scratch_database(Path(folder)) as url:
        export = Path(folder) / "export.xml"
        size = export_write(export, comments=comments)
        _command(["migrate", "-v0"], database_url=url)
        begun = time.perf_counter()
        said, used = _command(["import_comments", str(export)], database_url=url)
        seconds = time.perf_counter() - begun
    if f"comments: {comments} created" not in said:
        raise BenchmarkError("the import did not create every comment of the export")
    return Measured(comments, size, seconds, used.ru_utime + used.ru_stime, _peak(used))


def _command(arguments: list[str], *, database_url: str) -> tuple[str, resource.struct_rusage]:
    """Runs `manage.py ARGUMENTS` on a database; returns what it says and what it and its own processes used."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]
    environment = {**os.environ, "DATABASE_URL": database_url}
    with TemporaryFile("w+") as out:
        process = subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR, stdout=out)  # noqa: S603
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise BenchmarkError(f"manage.py {arguments[0]} ended with status {process.returncode}")
        out.seek(0)
        return out.read(), used


def _peak(used: resource.struct_rusage) -> int:
    return used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
