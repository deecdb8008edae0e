// Search among the settings: hides what does not have all words. Without this script everything is shown.

const box = document.getElementById("settings-search");
const query = document.getElementById("settings-query");
const found = document.getElementById("settings-found");
const groups = document.getElementById("settings-groups");
const form = document.getElementById("settings-form");

function showMatching() {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of form.querySelectorAll("[data-setting]")) {
        row.hidden = !words.every((word) => row.dataset.words.includes(word));
        shown += row.hidden ? 0 : 1;
    }
    let heading = null;
    for (const part of form.querySelectorAll("h2[data-form], fieldset")) {
        if (part.matches("h2")) {
            heading = part;
            heading.hidden = true;
            continue;
        }
        part.hidden = part.querySelector("[data-setting]:not([hidden])") === null;
        if (heading && !part.hidden) {
            heading.hidden = false;
        }
    }
    for (const link of groups.querySelectorAll("a")) {
        link.parentElement.hidden = document.querySelector(link.hash).hidden;
    }
    found.textContent = words.length === 0 ? "" : shown === 1 ? "1 setting" : shown === 0 ? "No setting has all these words." : `${shown} settings`;
}

if (box && query && found && groups && form) {
    box.hidden = false;
    query.addEventListener("input", showMatching);
    query.addEventListener("keydown", (event) => {
        if (event.key === "Enter") {
            event.preventDefault(); // it is no field of the form, and nothing is to be sent
        }
    });
    showMatching();
}
