// Keeps the live parts of a page up to date. Without this script the page is complete, and "刷新" asks again.

const element = (id) => document.getElementById(id);
let source = null;

function open() {
  source = new EventSource(element("live").dataset.events);
  source.onopen = () => complain("");
  source.onerror = () => complain(element("connection").dataset.broken);
  source.addEventListener("ended", () => {
    source.close();
    complain(element("connection").dataset.ended);
  });
  source.onmessage = ({ data }) => {
    const { summary, tables } = JSON.parse(data);
    // Only the sentence is announced, and only when it says something new; the tables change in silence.
    if (element("summary").textContent !== summary) element("summary").textContent = summary;
    replace(tables);
  };
}

function replace(tables) {
  const scrolled = [...document.querySelectorAll("#live .wide")].map((region) => region.scrollLeft);
  const focused = path(document.activeElement);
  element("live").innerHTML = tables; // made and escaped by our own server
  document.querySelectorAll("#live .wide").forEach((region, at) => {
    region.scrollLeft = scrolled[at] ?? 0;
  });
  if (focused) document.querySelector(focused)?.focus({ preventScroll: true });
}

// Where the focus was, so that it is there again in the new parts.
function path(focused) {
  if (!focused?.closest?.("#live")) return null;
  if (focused.id) return `#${CSS.escape(focused.id)}`;
  if (focused.href) return `#live a[href="${CSS.escape(focused.getAttribute("href"))}"]`;
  const label = focused.getAttribute("aria-label");
  return label && `#live [aria-label="${CSS.escape(label)}"]`;
}

function complain(text) {
  element("connection").hidden = !text;
  element("connection").textContent = text;
}

const button = element("pause");
button.hidden = false;
button.textContent = button.dataset.pause;
button.addEventListener("click", () => {
  if (source) {
    source.close();
    source = null;
    complain("");
    button.textContent = button.dataset.resume;
  } else {
    open();
    button.textContent = button.dataset.pause;
  }
});

open();
