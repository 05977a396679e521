// Says five minutes before the session ends that it does, and lets it go on without leaving the page.
// Without this script the same button and the time are at the foot of every page.

const form = document.getElementById("stay");
const warning = document.getElementById("session-warning");
const WARN_SECONDS = 300;
let timers = [];

function start() {
  timers.forEach(clearTimeout);
  const seconds = Number(form.dataset.seconds);
  timers = [
    setTimeout(() => say(warning.dataset.soon, true), Math.max(seconds - WARN_SECONDS, 0) * 1000),
    setTimeout(() => say(warning.dataset.ended, true), seconds * 1000),
  ];
}

function say(words, urgent) {
  warning.textContent = words;
  form.classList.toggle("urgent", urgent);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const renewed = page.getElementById("stay");
  if (!renewed) {
    location.reload(); // the session is over: to the sign-in page
    return;
  }
  form.dataset.seconds = renewed.dataset.seconds;
  document.getElementById("stay-words").textContent = page.getElementById("stay-words").textContent;
  say(warning.dataset.stayed, false);
  start();
});

start();
