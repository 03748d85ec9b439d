/* The command palette: everything that the page offers, found by a few letters. Each command is a link or a button. */
"use strict";
(function () {
    const dialog = document.getElementById("desk-palette");
    if (!dialog) { return; }
    const field = dialog.querySelector("input");
    const list = dialog.querySelector("[role=listbox]");
    let commands = [];
    let chosen = 0;
    let before = null; // what had the focus when the palette was opened

    const plain = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLocaleLowerCase();

    function label(element) {
        const copy = element.cloneNode(true);
        copy.querySelectorAll("kbd, .count").forEach((part) => part.remove());
        return copy.textContent.replace(/[‹›]/g, "").trim().replace(/\s+/g, " ");
    }

    /* Buttons of a card count for the card that had the focus, else for none: which one is meant would be a guess. */
    function offered() {
        const card = before && before.closest("[data-card]");
        const all = document.querySelectorAll("#desk .desk-queues a, #desk :is(a, button, summary)[data-key]");
        const meant = Array.from(all).filter((one) => {
            const of = one.closest("[data-card]");
            return (!of || of === card) && one.getClientRects().length > 0 && !one.disabled;
        });
        return meant.map((element) => ({ element, words: label(element), key: element.dataset.key || "" }));
    }

    function show() {
        const asked = plain(field.value).split(/\s+/).filter(Boolean);
        const found = commands.filter((one) => asked.every((word) => plain(one.words).includes(word)));
        chosen = Math.max(0, Math.min(chosen, found.length - 1));
        list.replaceChildren(...found.map((one, at) => {
            const item = document.createElement("li");
            item.id = `desk-command-${at}`;
            item.setAttribute("role", "option");
            item.setAttribute("aria-selected", String(at === chosen));
            const words = document.createElement("span");
            words.textContent = one.words;
            item.append(words);
            if (one.key) {
                const key = document.createElement("kbd");
                key.textContent = one.key;
                item.append(key);
            }
            item.addEventListener("click", () => { run(one); });
            return item;
        }));
        field.setAttribute("aria-activedescendant", found.length ? `desk-command-${chosen}` : "");
        const here = list.children[chosen];
        if (here) { here.scrollIntoView({ block: "nearest" }); }
        return found;
    }

    function run(command) {
        dialog.close();
        if (before && before.isConnected) { before.focus({ preventScroll: true }); }
        command.element.click();
    }

    function open() {
        before = document.activeElement;
        commands = offered();
        field.value = "";
        chosen = 0;
        dialog.showModal();
        show();
    }

    field.addEventListener("input", () => { chosen = 0; show(); });
    field.addEventListener("keydown", (event) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step) {
            event.preventDefault();
            chosen += step;
            show();
        } else if (event.key === "Enter") {
            event.preventDefault();
            const found = show();
            if (found[chosen]) { run(found[chosen]); }
        }
    });
    document.addEventListener("keydown", (event) => {
        const asked = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k";
        if (asked && document.getElementById("desk") && !document.querySelector("dialog[open]")) {
            event.preventDefault();
            open();
        }
    });
    document.addEventListener("click", (event) => {
        if (event.target.closest("[data-palette]")) { open(); }
    });
}());
