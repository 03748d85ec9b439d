"""A real Chromium against a live server, with everything the page complains of kept.

Playwright comes with `requirements-dev.txt`; the browser is Debian's (`apt-get install chromium`), or the one that
`CHROMIUM` names. Where either is missing these tests skip and say so; under `CI=true` that is a failure.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.db import connection

from archive.models import Article, Comment, Commenter, Source
from moderation.models import ModelVersion, PolicyVersion, Review, Score

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PASSWORD = "a long password of a test"
AXE = Path(__file__).parents[1] / "node" / "node_modules" / "axe-core" / "axe.min.js"
# Where `Visit.shot` leaves pictures of pages; nowhere unless this names a folder.
SHOTS = os.environ.get("SHOTS", "")
# Milliseconds until a wait gives up: a busy machine is no fault of the page.
PATIENCE = 180_000
NOON = datetime(2021, 11, 16, 12, tzinfo=UTC)
REMARKS = (
    "You are a stupid idiot and everybody hates you, and nobody will miss you when you are gone.",
    "The minister spoke on Tuesday about the new road, and the house listened to a damned liar.",
    "What a pathetic article. Whoever wrote this moronic rubbish should be fired at once.",
    "Bu kadar aptalca bir yorum görmedim; yazan kişi utanmalı.",
    "אתה טיפש, וכל הכתבה הזאת היא שקר אחד גדול.",
    "Go back where you came from, you and your whole miserable family of thieves.",
)


def missing(what: str) -> None:
    """Skips the test, or fails it where a machine that tests every change lacks something."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and under CI=true no browser test is skipped.", pytrace=False)
    pytest.skip(f"{what} is missing")


def chromium_path() -> str:
    """Returns the path of the browser; skips where there is none."""
    named = os.environ.get("CHROMIUM")
    path = named or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing("Chromium")
    return str(path)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The browser, one for the tests of a file."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("playwright")
    path = chromium_path()
    # Playwright keeps an event loop in this thread, and Django refuses the database beside one.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
            yield browser
            browser.close()
    finally:
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
        if before is not None:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


# Counts what htmx swaps, so that a test can wait for the next one instead of for a while.
COUNT_SWAPS = """
    window.deskReady = false;
    document.addEventListener("DOMContentLoaded", () => { window.deskReady = true; });
    document.addEventListener("htmx:beforeRequest", (event) => {
        if (event.detail.target && event.detail.target.id === "desk") { window.deskReady = false; }
    });
    document.addEventListener("htmx:afterSettle", (event) => {
        if (event.target.id !== "desk") { return; }
        const root = document.documentElement;
        root.dataset.swaps = String(Number(root.dataset.swaps || 0) + 1);
        window.deskReady = true;
    });
"""


@dataclass
class Visit:
    """A page of the browser and what went wrong on it: console errors, uncaught errors, dialogs that opened."""

    page: Any
    address: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Opens a path of the site."""
        self.page.goto(self.address + path, wait_until="load")

    def log_in(self, username: str) -> None:
        """Signs in through the form."""
        self.open("/admin/login/")
        self.page.fill("#id_username", username)
        self.page.fill("#id_password", PASSWORD)
        self.page.click("input[type=submit]")
        self.page.wait_for_selector("#user-tools")

    def press(self, key: str) -> None:
        """Presses a key that leads to another page or another state of it, and waits for that."""
        before = self.page.evaluate("document.documentElement.dataset.swaps || '0'")
        address = self.page.url
        self.page.keyboard.press(key)
        self.settled(before, address)

    def settled(self, before: str, address: str) -> None:
        """Waits until the desk was swapped since `before`, or another page than `address` has come."""
        self.page.wait_for_function(
            """([before, address]) => window.deskReady
                && ((document.documentElement.dataset.swaps || '0') !== before || location.href !== address)""",
            arg=[before, address],
        )

    def desk(self, path: str) -> None:
        """Opens a page of the desk, with its script at work."""
        self.open(path)
        self.page.wait_for_selector("html.has-script #desk")

    def axe(self) -> list[str]:
        """Returns the accessibility faults that axe finds, each with its rule, what it is about, and why."""
        if not AXE.exists():
            missing("axe-core (npm ci --prefix tests/node)")
        # By the driver, not as a script of the page: the content security policy refuses those, as it should.
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{rule['id']}: {node['target']} {node['failureSummary']}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]

    def shot(self, name: str) -> None:
        """Keeps a picture of the page for a person to look at, where SHOTS names a folder."""
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            path = str(Path(SHOTS) / f"{name}.png")
            # As it is: a driver that stops carets and animations does so with styles, which the policy refuses.
            self.page.screenshot(path=path, full_page=True, animations="allow", caret="initial")

    def watch(self) -> None:
        """Keeps what the page complains of."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        self.page.on("dialog", self._dialog)

    def _console(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type} on {self.page.url}: {message.text}")

    def _dialog(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture(autouse=True, scope="session")
def one_request_at_a_time_in_memory() -> Iterator[None]:
    """Lets requests wait for each other where all share one connection, as SQLite in memory makes them."""
    handle, turn = WSGIHandler.get_response, threading.Lock()

    def get_response(self: WSGIHandler, request: Any) -> Any:
        shared = connection.vendor == "sqlite" and connection.is_in_memory_db()  # type: ignore[attr-defined]
        with turn if shared else nullcontext():
            return handle(self, request)

    WSGIHandler.get_response = get_response  # type: ignore[method-assign]
    yield
    WSGIHandler.get_response = handle  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def connections_at_rest() -> Iterator[Callable[[], None]]:
    """Waits until each connection that browsers opened is over: a late request would meet a database being emptied."""
    handle, open_now, over = ThreadedWSGIServer.process_request_thread, [0], threading.Condition()

    def process_request_thread(self: ThreadedWSGIServer, request: Any, client_address: Any) -> None:
        with over:
            open_now[0] += 1
        try:
            handle(self, request, client_address)
        finally:
            with over:
                open_now[0] -= 1
                over.notify_all()

    def wait() -> None:
        with over:
            over.wait_for(lambda: not open_now[0], PATIENCE / 1000)

    ThreadedWSGIServer.process_request_thread = process_request_thread  # type: ignore[method-assign]
    yield wait
    ThreadedWSGIServer.process_request_thread = handle  # type: ignore[method-assign]


@pytest.fixture
def visit(chromium: Any, live_server: Any, connections_at_rest: Callable[[], None]) -> Iterator[Callable[..., Visit]]:
    """Opens a fresh window: `visit("moderator")` signs a person of that role in, `visit(width=400)` is a phone."""
    contexts = []

    def open_window(role: str = "", width: int = 1280, name: str = "", **options: Any) -> Visit:
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        context.set_default_timeout(PATIENCE)
        context.add_init_script(COUNT_SWAPS)
        contexts.append(context)
        window = Visit(context.new_page(), live_server.url)
        window.watch()
        if role:
            superuser = role == "superuser"
            user = User.objects.create_user(name or role, password=PASSWORD, is_staff=True, is_superuser=superuser)
            user.groups.set(Group.objects.filter(name=role))
            window.log_in(name or role)
        return window

    yield open_window
    for context in contexts:
        context.close()
    connections_at_rest()


@pytest.fixture
def newsroom(transactional_db: None) -> Callable[..., list[Comment]]:
    """Fills a newsroom: `newsroom(30)` has thirty pending comments by five people, the riskiest first."""

    def fill(count: int, **columns: Any) -> list[Comment]:
        source, _ = Source.objects.get_or_create(slug="harbor-times", defaults={"name": "Harbor Times"})
        titles = {"title": "A second battery for the harbour ferry", "section": "Politics", "summary": "The vote."}
        article, _ = Article.objects.get_or_create(source=source, external_id="a1", defaults=titles)
        first = Comment.objects.count()
        return [pending(article, number, **columns) for number in range(first, first + count)]

    return fill


def pending(article: Article, number: int, **columns: Any) -> Comment:
    """Makes one flagged comment that waits for a person; a lower number is riskier."""
    text = columns.pop("text", f"{REMARKS[number % len(REMARKS)]} ({number})")
    name = f"Reader {number % 5}"
    who, _ = Commenter.objects.get_or_create(source=article.source, external_id=f"name:{name}", defaults={"name": name})
    comment = Comment.objects.create(
        source=article.source,
        article=article,
        commenter=who,
        external_id=f"c{number}",
        raw=text,
        text=text,
        text_hash=hashlib.sha256(text.encode()).hexdigest(),
        taken_revision=1,
        created_at=NOON + timedelta(minutes=number),
        **{name: columns.pop(name) for name in ("parent",) if name in columns},
    )
    model, _ = ModelVersion.objects.get_or_create(
        name="compact", version=1, defaults={"sha256": "0" * 64, "active": True, "languages": ["en"]}
    )
    toxicity = 0.99 - (number % 90) / 200
    scores = {"toxicity": toxicity, "insult": toxicity / 2, "threat": 0.05}
    spans = [{"begin": 0, "end": 12, "attribute": "toxicity", "score": toxicity, "kind": "word"}]
    score = Score.objects.create(
        comment=comment, model=model, revision=1, text_hash=comment.text_hash, language="en", spans=spans, **scores
    )
    reasons = [{"attribute": "toxicity", "score": toxicity, "threshold": 0.5}]
    verdict = {"action": "queue", "flagged": True, "rule": "flag-toxic", "policy": 1, "reasons": reasons}
    defaults: dict[str, Any] = {"state": "pending", "flagged": True, "risk": toxicity * 2, "uncertainty": 0.1}
    Review.objects.create(
        comment=comment,
        source=article.source,
        article=article,
        created_at=comment.created_at,
        score=score,
        **score.columns(),
        policy=PolicyVersion.objects.get(active=True),
        verdict=verdict,
        facts={"text_hash": comment.text_hash},
        **{**defaults, **columns},
    )
    return comment
