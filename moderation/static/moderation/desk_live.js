/* What happens in a queue while its page is open: told beside the cards. Nothing moves until somebody presses "Show". */
"use strict";
(function () {
    const SECONDS = 10;
    let ticket = "";
    let etag = "";

    const place = () => document.querySelector("#desk [data-live]");

    function words(template, values) {
        return Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, () => value), template);
    }

    function mark(card, text, done) {
        let told = card.querySelector(".card-live");
        if (!told) {
            told = document.createElement("p");
            told.className = "card-live";
            card.querySelector(".card-head").after(told);
        }
        if (told.textContent !== text) { told.textContent = text; }
        card.classList.toggle("card-done", done);
    }

    function unmark(card) {
        const told = card.querySelector(".card-live");
        if (told) { told.remove(); }
        card.classList.remove("card-done");
    }

    function tellCards(at, told) {
        document.querySelectorAll("#desk [data-comment]").forEach((card) => {
            const act = told.acts[card.dataset.comment];
            const holder = told.held[card.dataset.comment];
            if (act) {
                const done = at.dataset[`act_${act[0]}`] || act[0];
                mark(card, words(act[1] ? at.dataset.doneBy : at.dataset.done, { done, who: act[1] }), true);
            } else if (holder) {
                mark(card, words(at.dataset.held, { who: holder }), false);
            } else {
                unmark(card);
            }
        });
    }

    function tell(at, told) {
        const line = at.querySelector("[data-live-words]");
        const left = document.querySelectorAll("#desk [data-comment]:not(.card-done)").length;
        const shown = document.querySelectorAll("#desk [data-comment]").length;
        const parts = [];
        if (told.arrived) {
            const template = told.more ? at.dataset.many : (told.arrived === 1 ? at.dataset.one : at.dataset.some);
            parts.push(words(template, { number: String(told.arrived) }));
        }
        if (shown && !left) { parts.push(at.dataset.end); }
        const text = parts.join(" ");
        if (line.textContent !== text) { line.textContent = text; }
        at.classList.toggle("desk-live-told", Boolean(text));
    }

    async function ask() {
        const at = place();
        if (!at || document.hidden) { return; }
        if (at.dataset.ticket !== at.dataset.begun) {
            // Another page than the one that was listened for: it begins anew.
            at.dataset.begun = at.dataset.ticket;
            ticket = at.dataset.ticket;
            etag = "";
        }
        if (!ticket) { return; }
        const headers = etag ? { "If-None-Match": etag } : {};
        const answer = await fetch(`${at.dataset.live}?ticket=${encodeURIComponent(ticket)}`, {
            credentials: "omit", cache: "no-store", headers,
        });
        if (answer.status === 410) { ticket = ""; return; }
        if (answer.status !== 200) { return; }
        const told = await answer.json();
        etag = answer.headers.get("ETag") || "";
        ticket = told.ticket;
        if (place() === at) { tellCards(at, told); tell(at, told); }
    }

    function again() {
        ask().catch(() => undefined).finally(() => { window.setTimeout(again, SECONDS * 1000); });
    }

    document.addEventListener("visibilitychange", () => { if (!document.hidden) { ask().catch(() => undefined); } });
    window.setTimeout(again, SECONDS * 1000);
}());
