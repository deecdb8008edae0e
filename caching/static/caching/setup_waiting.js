// Looks whether Plex's page was confirmed. Without this script the page loads itself again instead.

const page = document.querySelector("[data-wait]");
const seconds = Math.max(1, Number(page.dataset.wait));

async function look() {
    try {
        const answer = await fetch(location.href);
        if (answer.url !== location.href) {
            location.assign(answer.url);
            return;
        }
    } catch {
        // The server is away: it is asked again.
    }
    setTimeout(look, seconds * 1000);
}

setTimeout(look, seconds * 1000);
