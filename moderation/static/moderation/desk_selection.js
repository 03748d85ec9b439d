/* What is ticked in a queue stays ticked: on its other pages, after a decision on another card, and after a preview. */
"use strict";
(function () {
    const PREFIX = "desk-selection ";
    const LAST = "desk-selection-last";
    let confirming = false;

    const list = () => document.getElementById("desk-list");
    const boxes = () => Array.from(document.querySelectorAll("#desk [data-select]"));
    const number = (token) => token.split(".")[0];

    function read(scope) {
        try {
            return new Map(JSON.parse(window.sessionStorage.getItem(PREFIX + scope) || "[]"));
        } catch (_error) {
            return new Map();
        }
    }

    function write(scope, chosen) {
        if (chosen.size) {
            window.sessionStorage.setItem(PREFIX + scope, JSON.stringify(Array.from(chosen)));
        } else {
            window.sessionStorage.removeItem(PREFIX + scope);
        }
    }

    /* Ticked comments that this page does not list are sent along with those that it does. */
    function carry(form, chosen) {
        const here = new Set(boxes().map((box) => number(box.value)));
        const elsewhere = Array.from(chosen).filter(([pk]) => !here.has(pk));
        form.querySelectorAll("input[data-carried]").forEach((field) => field.remove());
        elsewhere.forEach(([, token]) => {
            const field = document.createElement("input");
            Object.assign(field, { type: "hidden", name: "seen", value: token });
            field.dataset.carried = "";
            form.append(field);
        });
        return elsewhere.length;
    }

    function tell(form, chosen, elsewhere) {
        const words = form.querySelector("[data-selected]");
        const none = form.querySelector("[data-select-none]");
        const all = form.querySelector("[data-select-all]");
        if (!words) { return; }
        const further = elsewhere ? ` (${elsewhere} ${words.dataset.elsewhere})` : "";
        words.textContent = chosen.size ? `${chosen.size} ${words.dataset.words}${further}` : "";
        none.hidden = !chosen.size;
        all.checked = boxes().length > 0 && boxes().every((box) => box.checked);
    }

    function show() {
        const form = list();
        if (!form) { return; }
        const chosen = read(form.dataset.selection);
        boxes().forEach((box) => {
            box.checked = chosen.has(number(box.value));
            // As it is shown now: what changed since is shown too.
            if (box.checked) { chosen.set(number(box.value), box.value); }
        });
        write(form.dataset.selection, chosen);
        window.sessionStorage.setItem(LAST, form.dataset.selection);
        tell(form, chosen, carry(form, chosen));
    }

    function keep() {
        const form = list();
        const chosen = read(form.dataset.selection);
        boxes().forEach((box) => {
            if (box.checked) { chosen.set(number(box.value), box.value); } else { chosen.delete(number(box.value)); }
        });
        write(form.dataset.selection, chosen);
        tell(form, chosen, carry(form, chosen));
    }

    function drop(pk) {
        const form = list();
        const chosen = read(form.dataset.selection);
        chosen.delete(pk);
        write(form.dataset.selection, chosen);
    }

    document.addEventListener("change", (event) => {
        if (event.target.matches("[data-select-all]")) {
            boxes().forEach((box) => { box.checked = event.target.checked; });
        }
        if (event.target.matches("[data-select], [data-select-all]")) { keep(); }
    });

    document.addEventListener("click", (event) => {
        const act = event.target.closest("#desk-list [name=one]");
        if (act) { drop(number(act.value.split("@")[1])); }
        confirming = event.target.closest("[name=confirmed]") !== null || (confirming && !event.target.closest("a"));
        if (event.target.closest("[data-select-none]")) {
            write(list().dataset.selection, new Map());
            show();
        }
    });

    document.addEventListener("htmx:afterSettle", (event) => {
        if (event.target.id !== "desk") { return; }
        if (confirming && !document.querySelector("#desk [name=confirmed]")) {
            write(window.sessionStorage.getItem(LAST) || "", new Map());
        }
        confirming = false;
        show();
    });

    show();
}());
