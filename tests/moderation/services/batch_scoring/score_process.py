"""A process of its own for tests that kill, stop and race: `score_process.py MODE …`, on the DATABASE_URL it is given.

The real model scores. What is counted is written before each call, so that a kill loses no count.
"""

import hashlib
import os
import random
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[4]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402

from archive.models import Article, Comment, Source  # noqa: E402
from moderation.models import Review  # noqa: E402
from moderation.services import model_versions  # noqa: E402
from moderation.services.batch_scoring import run as score  # noqa: E402
from moderation.services.review.decisions import decision_record  # noqa: E402

WORDS = "the ministry ferry harbour vote nobody battery price calm editor idiot week bridge stupid letter rain"
DEADLY = "This one kills."
START = datetime(2021, 11, 16, tzinfo=UTC)


class CountingScorer:
    """The real scorer; appends the number of texts of each call for scores to a file before it passes them on.

    A text that is DEADLY ends the process, as one does that makes the engine ask for all memory.
    """

    def __init__(self, scorer: Any, file: Path) -> None:
        self._scorer, self._file = scorer, file

    def score(self, texts: Sequence[str], **options: Any) -> Any:
        if not options.get("spans"):
            with self._file.open("a") as file:
                file.write(f"{len(texts)}\n")
        if DEADLY in texts:
            os.kill(os.getpid(), signal.SIGKILL)
        return self._scorer.score(texts, **options)


def fill(count: str) -> None:
    """Stores `count` unscored comments of four to forty words, seeded."""
    chance = random.Random(7)  # noqa: S311 - words, not secrets
    source = Source.objects.create(slug="harbor-times", name="Harbor Times")
    article = Article.objects.create(source=source, external_id="a1")
    texts = [" ".join(chance.choices(WORDS.split(), k=chance.randint(4, 40))) for _ in range(int(count))]
    Comment.objects.bulk_create(
        Comment(
            source=source,
            article=article,
            external_id=f"c{number}",
            raw=text,
            text=text,
            text_hash=hashlib.sha256(text.encode()).hexdigest(),
            language="en",
            created_at=START + timedelta(seconds=number),
        )
        for number, text in enumerate(texts)
    )


def poison(number: str) -> None:
    """Makes one of the comments deadly."""
    Comment.objects.filter(external_id=f"c{number}").update(text=DEADLY, raw=DEADLY)


def run(sent: str, go: str, *options: str) -> None:
    """Opens the model, writes `SENT.ready`, waits for the file `go`, then runs score_comments."""
    open_scorer = score.models_scorer

    def counting(version: Any) -> CountingScorer:
        return CountingScorer(open_scorer(version), Path(sent))

    model_versions.scorer_active().score(["The ferry was late."])
    score.models_scorer = counting
    Path(f"{sent}.ready").touch()
    while not Path(go).exists():
        time.sleep(0.005)
    call_command("score_comments", *options)


def decide(first: str, count: str) -> None:
    """Decides on every second comment, from the `first`, in transactions that stay open for a while."""
    chance = random.Random(int(first))  # noqa: S311 - pauses, not secrets
    for pk in Review.objects.order_by("pk").values_list("pk", flat=True)[int(first) : int(count) : 2]:
        with transaction.atomic():
            decision_record(comment_id=pk, action="escalate", api_key="test")
            time.sleep(chance.random() * 0.02)


if __name__ == "__main__":
    {"fill": fill, "poison": poison, "run": run, "decide": decide}[sys.argv[1]](*sys.argv[2:])
