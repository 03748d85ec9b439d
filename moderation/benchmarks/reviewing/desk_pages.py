"""Requests every page of the desk, first and deep ones, and times them: `benchmark desk` on its scratch database.

Requests go through all of Django, with middleware and templates, without a network.
"""

import json
import re
import sys
import time
from collections.abc import Callable
from html import unescape
from http import HTTPStatus
from statistics import median, quantiles
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from archive.models import Article, Comment, Commenter
from moderation.models import Moderator, Review, State
from moderation.services.states.version import VersionToken

TIMES = 20
WARM = 2
DEEP = 150
PAGES_AT_ONCE = 100
DESK = "/admin/desk/"
QUEUES = (
    "held",
    "escalated",
    "deferred",
    "reported",
    "highlighted",
    "approved",
    "rejected",
    "by_policy",
    "passed",
    "unscored",
)
SEEN = re.compile(r'name="seen" value="([^"]*)"')
NEXT = re.compile(r'<a href="\?([^"]*)" rel="next"')
Figures = dict[str, Any]
Ask = Callable[[], Any]


def main() -> None:
    """Prints name of a page → its queries and times, as JSON."""
    json.dump(pages_measured(), sys.stdout)


def client_of(name: str) -> Client:
    """Returns a browser that this person is signed in with."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(username=name))
    return client


def pages_measured() -> Figures:
    """Returns name of a page → its queries and milliseconds; raises AssertionError if one does not answer."""
    everywhere, limited = client_of("everywhere"), client_of("limited")
    paths = {
        **{f"pending, {order}": f"pending/?order={order}" for order in ("risk", "newest", "uncertainty")},
        **{queue.replace("_", " "): f"{queue}/" for queue in QUEUES},
        **_deep(everywhere),
        **_narrowed(),
        **_others(),
    }
    found = {name: _page(everywhere, path) for name, path in paths.items()}
    for name, path in {"pending": "pending/", "passed, oldest": "passed/?order=oldest", **_deep(limited)}.items():
        found[f"one source: {name}"] = _page(limited, path)
    found["preview of a selection"] = _timed(_selection(everywhere))
    return {**found, "decide, and the next one": _decisions(everywhere)}


def _deep(client: Client) -> dict[str, str]:
    """Returns addresses far into the queues, reached by their own links."""
    Moderator.objects.update(desk={"page_size": PAGES_AT_ONCE})
    orders = {"pending, deep": "pending/?order=risk", "passed, deep": "passed/?order=newest"}
    found = {name: _walked(client, path) for name, path in orders.items()}
    Moderator.objects.update(desk={})
    return found


def _walked(client: Client, path: str) -> str:
    for _ in range(DEEP):
        link = NEXT.search(client.get(DESK + path).content.decode())
        if link is None:
            break
        path = f"{path.split('?', maxsplit=1)[0]}?{unescape(link[1])}"
    return path


def _narrowed() -> dict[str, str]:
    """Returns addresses with filters: some that nearly all comments pass, some that none does."""
    person = Review.objects.filter(state=State.PENDING).values_list("comment__commenter", flat=True)[0]
    article = Review.objects.filter(state=State.PENDING).values_list("article", flat=True)[0]
    return {
        "filter: a common score": "pending/?attribute=toxicity&low=0.5",
        "filter: a score that none has": "passed/?attribute=threat&low=0.999",
        "filter: section": "pending/?section=Town",
        "filter: no such section": "passed/?section=Nowhere",
        "filter: language": "pending/?language=tr&order=uncertainty",
        "filter: age": "passed/?age=hour&order=risk",
        "filter: source": "pending/?source=weekly",
        "filter: commenter": f"passed/?commenter={person}",
        "filter: article": f"passed/?article={article}&order=risk",
        "filter: words of titles": f"pending/?article={_words(article)}",
        "filter: beginning of names": f"passed/?commenter={Commenter.objects.get(pk=person).name[:-1]}",
        "filter: held by me": "pending/?mine=on",
    }


def _words(article: int) -> str:
    """Returns three words of the article's title: some other titles have them too."""
    words = Article.objects.get(pk=article).title.strip(".").lower().split()
    return "+".join(sorted(set(words), key=len)[-3:])


def _others() -> dict[str, str]:
    comment = Review.objects.filter(state=State.PENDING).order_by("-risk").values_list("pk", flat=True)[0]
    parent = Comment.objects.filter(parent__isnull=False).values_list("parent", flat=True)[0]
    person = Comment.objects.filter(pk=comment).values_list("commenter", flat=True)[0]
    return {
        "comment": f"comment/{comment}/?queue=pending",
        "comment with replies": f"comment/{parent}/",
        "commenter": f"commenter/{person}/",
        "record beside a comment": f"commenter/{person}/record/",
        "replies": f"comment/{parent}/replies/",
        "hand over": f"comment/{comment}/hand-over/",
        "by score": "by-score/",
        "by score, a range": "by-score/?attribute=toxicity&lower=0.8&upper=0.85",
        "by score, everything": "by-score/?attribute=toxicity&lower=0&upper=1",
        "settings": "settings/",
    }


def _page(client: Client, path: str) -> Figures:
    def ask() -> Any:
        return client.get(DESK + path)

    return _timed(ask)


def _selection(client: Client) -> Ask:
    reviews = Review.objects.filter(state=State.PENDING).order_by("-risk")[:25]
    seen = [str(VersionToken(review.pk, 1, review.state_version)) for review in reviews]

    def ask() -> Any:
        return client.post(f"{DESK}selection/?queue=pending", {"seen": seen, "act": "reject"})

    return ask


def _timed(ask: Ask) -> Figures:
    for _ in range(WARM):
        _good(ask())
    with CaptureQueriesContext(connection) as queries:
        _good(ask())
    return {"queries": len(queries), **_milliseconds([ask] * TIMES)}


def _decisions(client: Client) -> Figures:
    """Decides on one comment after the other, as a moderator does who never stops."""
    place = client.post(f"{DESK}pending/next/").headers["location"]
    asks = []

    def ask() -> Any:
        nonlocal place
        version = SEEN.search(client.get(place).content.decode())
        if version is None:
            raise AssertionError(place)
        begun = time.perf_counter()
        answer = client.post(place, {"act": "approve", "seen": version[1]})
        asks.append(time.perf_counter() - begun)
        place = answer.headers["location"]

    for _ in range(2 * TIMES):
        ask()
    return _shown(asks)


def _milliseconds(asks: list[Ask]) -> Figures:
    taken = []
    for ask in asks:
        begun = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - begun)
    return _shown(taken)


def _shown(taken: list[float]) -> Figures:
    return {
        "p50_ms": round(1_000 * median(taken), 1),
        "p95_ms": round(1_000 * quantiles(taken, n=20, method="inclusive")[-1], 1),
    }


def _good(answer: Any) -> None:
    # 400 with a page: a range by score that holds more comments than one act may take, which the page then says.
    refused = answer.status_code == HTTPStatus.BAD_REQUEST and answer.request["PATH_INFO"] == f"{DESK}by-score/"
    if answer.status_code != HTTPStatus.OK and not refused:
        raise AssertionError(f"{answer.request['PATH_INFO']} answered {answer.status_code}")
