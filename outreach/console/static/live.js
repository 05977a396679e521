// Keeps the page of live calls up to date. Without this script the page is complete, and "刷新" asks again.

const element = (id) => document.getElementById(id);
let source = null;

function open() {
  source = new EventSource("/console/live/events");
  source.onopen = () => complain("");
  source.onerror = () => complain("和服务器的连接断了，正在重新连接……");
  source.onmessage = ({ data }) => {
    const { summary, tables } = JSON.parse(data);
    // Only the sentence is announced, and only when it says something new; the tables change in silence.
    if (element("summary").textContent !== summary) element("summary").textContent = summary;
    replace(tables);
  };
}

function replace(tables) {
  const scrolled = [...document.querySelectorAll(".wide")].map((region) => region.scrollLeft);
  const focused = document.activeElement?.closest?.(".wide")?.getAttribute("aria-labelledby");
  element("tables").innerHTML = tables; // made and escaped by our own server
  document.querySelectorAll(".wide").forEach((region, at) => {
    region.scrollLeft = scrolled[at] ?? 0;
    if (focused && region.getAttribute("aria-labelledby") === focused) region.focus({ preventScroll: true });
  });
}

function complain(text) {
  element("connection").hidden = !text;
  element("connection").textContent = text;
}

element("pause").hidden = false;
element("pause").addEventListener("click", ({ target }) => {
  if (source) {
    source.close();
    source = null;
    complain("");
    target.textContent = "继续自动更新";
  } else {
    open();
    target.textContent = "停止自动更新";
  }
});

open();
