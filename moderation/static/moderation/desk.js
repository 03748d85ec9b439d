/* The review desk's keys, focus and announcements. Everything here has a button, a link or a form of its own too. */
"use strict";
(function () {
    const TYPING = "input:not([type=checkbox]), textarea, select, [contenteditable]";
    let lastTicked = null; // the card that was ticked last, for ticking on from there
    let place = -1; // the card that had the focus before a swap

    const desk = () => document.getElementById("desk");
    const cards = () => Array.from(document.querySelectorAll("#desk [data-card]"));
    const card = () => document.activeElement && document.activeElement.closest("[data-card]");
    const shown = (element) => element.getClientRects().length > 0 && !element.disabled;

    /* The height of the bar that covers the window's end: what gets the focus is scrolled clear of it. */
    function bar() {
        const found = document.querySelector("#desk :is(.desk-bulk, .desk-decide)");
        const covers = found && window.getComputedStyle(found).position === "sticky";
        const height = covers ? found.offsetHeight : 0;
        document.documentElement.style.setProperty("--desk-bar", `${height + 8}px`);
        return height;
    }

    function offline(gone) {
        const words = document.getElementById("desk-offline");
        words.textContent = gone ? words.dataset.words : "";
    }

    function say(words) {
        const region = document.getElementById("desk-said");
        if (region && words) {
            region.textContent = "";
            window.requestAnimationFrame(() => { region.textContent = words; });
        }
    }

    function press(element) {
        const aim = element.dataset.focusOn && document.getElementById(element.dataset.focusOn);
        if (aim) {
            aim.focus();
            say(aim.innerText);
            return;
        }
        element.click();
        if (element.tagName === "SUMMARY") {
            const field = element.parentElement.querySelector("textarea");
            if (field && element.parentElement.open) { field.focus(); }
        }
    }

    /* The element of a key: in the card that has the focus, in the first card, or on the page. */
    function holder(key) {
        const selector = `[data-key="${CSS.escape(key)}"]`;
        const here = card() || cards()[0];
        const found = [...(here ? here.querySelectorAll(selector) : []), ...desk().querySelectorAll(selector)];
        return found.find(shown);
    }

    function move(by) {
        const all = cards();
        const at = all.indexOf(card());
        const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
        if (next) {
            next.focus({ preventScroll: true });
            // Its whole text has unfolded by now. What is higher than the window is read from its beginning.
            const high = next.offsetHeight > window.innerHeight - bar();
            next.scrollIntoView({ block: high ? "start" : "nearest" });
        }
        return all.length > 0;
    }

    function reveal() {
        const link = desk().querySelector('[data-key="v"]');
        if (!link && document.querySelector("#desk .blurred")) {
            ((card() || desk()).querySelector(".blurred") || document.body).focus();
            return true;
        }
        return false;
    }

    /* Ticks the cards between the one that was ticked last and this one, that one included. */
    function extend(here) {
        const all = cards();
        const to = all.indexOf(here);
        const from = lastTicked && lastTicked.isConnected ? all.indexOf(lastTicked) : to;
        all.slice(Math.min(from, to), Math.max(from, to) + 1).forEach((one) => { tick(one, true); });
    }

    function tick(one, on) {
        const box = one.querySelector("[data-select]");
        if (box && box.checked !== on) { box.click(); }
        lastTicked = one;
        return Boolean(box);
    }

    /* The preview of an action on all that is ticked. */
    function preview(action) {
        const form = document.getElementById("desk-list");
        const choice = form && form.querySelector(".desk-bulk select[name=act]");
        const some = form && form.querySelector("[data-select]:checked, [data-carried]");
        if (!choice || !some) { return false; }
        choice.value = action;
        form.querySelector(".desk-bulk button[type=submit]").click();
        return true;
    }

    function onMany(key) {
        const here = card();
        const all = document.querySelector("#desk [data-select-all]");
        if ((key === "J" || key === "K") && here) {
            tick(here, true);
            move(key === "J" ? 1 : -1);
            return tick(card(), true);
        }
        if (key === "X" && here) { extend(here); return true; }
        if (key === "*" && all) { all.click(); return true; }
        return (key === "A" && preview("approve")) || (key === "R" && preview("reject"));
    }

    function onList(key) {
        const here = card();
        if (onMany(key)) { return true; }
        if (key === "j") { return move(1); }
        if (key === "k") { return move(-1); }
        if (key === "x" && here) {
            const box = here.querySelector("[data-select]");
            if (box) { box.click(); lastTicked = here; }
            return Boolean(box);
        }
        if (key === "Enter" && here === document.activeElement && here) {
            here.querySelector("[data-open-card]").click();
            return true;
        }
        return key === "v" && reveal();
    }

    document.addEventListener("keydown", (event) => {
        const off = !desk() || desk().dataset.keys === "off";
        const busy = event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing;
        if (off || busy || event.defaultPrevented || document.querySelector("dialog[open]")) { return; }
        if (event.key === "Escape") { document.activeElement.blur(); return; }
        if (event.target.closest(TYPING)) { return; }
        if (event.key === "Enter" && !event.target.matches("[data-card]")) { return; }
        const field = desk().querySelector(`[data-key-focus="${CSS.escape(event.key)}"]`);
        if (field) {
            event.preventDefault();
            field.focus();
            field.select();
            return;
        }
        if (onList(event.key)) { event.preventDefault(); return; }
        const found = event.key === "Enter" ? null : holder(event.key);
        if (found) {
            event.preventDefault();
            press(found);
        }
    });

    document.addEventListener("click", (event) => {
        const opener = event.target.closest("[data-open]");
        if (opener) { document.getElementById(opener.dataset.open).showModal(); }
    });

    document.addEventListener("htmx:beforeRequest", () => { place = cards().indexOf(card()); });

    /* A page without the desk in it is another page: the login, or an error. It is opened as such. */
    document.addEventListener("htmx:beforeSwap", (event) => {
        const detail = event.detail;
        // The session ended while the page asked by itself: what was typed stays where it is.
        if (detail.target && detail.target.id !== "desk" && (detail.xhr.responseURL || "").includes("/login/?")) {
            detail.shouldSwap = false;
            return;
        }
        if (detail.target && detail.target.id === "desk" && !detail.serverResponse.includes('id="desk"')) {
            detail.shouldSwap = false;
            window.location.assign(detail.xhr.responseURL || window.location.href);
        }
    });

    document.addEventListener("htmx:sendError", () => { offline(true); });
    document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) { offline(false); } });
    window.addEventListener("offline", () => { offline(true); });
    window.addEventListener("online", () => { offline(false); });
    window.addEventListener("resize", bar);

    /* A long thread opens at the comment that it is about. */
    function centre() {
        const here = document.querySelector("#desk .desk-thread .here");
        if (!here) { return; }
        const list = here.parentElement;
        list.scrollTop = here.offsetTop - (list.clientHeight - here.clientHeight) / 2;
    }

    document.addEventListener("htmx:afterSettle", (event) => {
        if (event.target.id !== "desk") { return; }
        centre();
        bar();
        const all = cards();
        const alert = document.querySelector("#desk [role=alert][data-focus]");
        const aim = alert || (place >= 0 && all[Math.min(place, all.length - 1)]) || document.querySelector("#desk [data-focus]");
        if (aim) { aim.focus({ preventScroll: place < 0 && !alert }); }
        if (place < 0 || alert) { window.scrollTo(0, 0); }
        const told = Array.from(document.querySelectorAll("#desk .desk-messages li, #desk [data-say]"));
        say(told.map((one) => one.textContent.trim()).join(" "));
    });

    document.documentElement.classList.add("has-script");
    centre();
    bar();
}());
