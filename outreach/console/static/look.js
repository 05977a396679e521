// While a draft is written, says what it comes to now: asks the page's own "look" and shows its answer.
// Without this script the button of the same name does it.

const WAIT_MS = 600;
const form = document.querySelector("form[data-look]");
let waiting = 0;
let asked = 0;

form.addEventListener("input", later);
form.addEventListener("change", later);
form.querySelector("button[value=look]").addEventListener("click", (event) => {
  event.preventDefault();
  look();
});

function later(event) {
  if (event.target.type === "file") return;
  clearTimeout(waiting);
  waiting = setTimeout(look, WAIT_MS);
}

async function look() {
  clearTimeout(waiting);
  const mine = ++asked;
  const sent = new FormData(form);
  sent.set("do", "look");
  for (const [name, value] of [...sent]) if (value instanceof File) sent.delete(name);
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(sent) });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("look");
  if (mine !== asked || !fresh) return; // something newer was asked, or the session is over
  // The sentence stays the same element, so that a change of its words is announced; the rest changes in silence.
  const said = document.getElementById("look-said");
  const words = fresh.querySelector("#look-said").textContent;
  if (said.textContent !== words) said.textContent = words;
  document.getElementById("look-more")?.remove();
  const more = fresh.querySelector("#look-more");
  if (more) document.getElementById("look").append(more);
}
