// The browser phone: buttons and fields on one side, one WebSocket per call on the other (messages.py has its shapes).

import { Loudspeaker, Microphone, fromBase64, toBase64 } from "./sound.js";

const WHO = { caller: "您", line: "热线", ear: "热线听懂" };
const VERBS = {
  Connect: "接通了。可以按键，也可以说话。",
  Gather: "接通了。现在只能按键，说话听不到。",
  Record: "接通了。请留言，说完按井号键。",
  Dial: "正在转接。",
};
const ENDED = { caller: "已挂断。", line: "热线已挂断。", dropped: "信号断了。" };
const KEYS = "0123456789*#";

const element = (id) => document.getElementById(id);
const loudspeaker = new Loudspeaker();
const microphone = new Microphone();
let call = null; // the open WebSocket of the call
let incoming = false; // it rings, and nobody has answered
let silent = false;

// --- One call -----------------------------------------------------------------------------------------------

function ring(event = "start") {
  if (call) return;
  const anonymous = event === "start" && element("anonymous").checked;
  const number = element("caller").value.trim();
  element("caller").removeAttribute("aria-invalid");
  complain("");
  if (!anonymous && !number) {
    element("caller").setAttribute("aria-invalid", "true");
    element("caller").focus();
    complain("请写从哪个号码拨打，或者选“不显示号码”。");
    return;
  }
  loudspeaker.open().catch(() => tell("sound-status", "放不出声音，请看文字记录。"));
  element("transcript").replaceChildren();
  const socket = new WebSocket(`${location.protocol.replace("http", "ws")}//${location.host}/phone/media`);
  let over = false; // said to be over; a close without it is a break
  socket.onopen = () => send(event, { from: anonymous ? null : number });
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    over ||= message.event === "stop";
    obey(message);
  };
  socket.onclose = ({ code }) => {
    call = null;
    incoming = false;
    loudspeaker.clear();
    live(false);
    if (code === 1008) tell("status", "没有拨出。");
    else if (!over) {
      tell("status", "和服务器的连接断了。请按“再拨一次”。");
      element("dial").textContent = "再拨一次";
    }
  };
  call = socket;
  live(true);
  tell("status", event === "wait" ? "等热线打来……" : "正在拨打……");
}

function send(event, body) {
  if (call?.readyState === WebSocket.OPEN) call.send(JSON.stringify({ event, [event]: body }));
}

function obey(message) {
  const body = message[message.event];
  switch (message.event) {
    case "ringing":
      incoming = true;
      element("dial").textContent = "接听";
      element("dial").setAttribute("aria-disabled", "false");
      element("dial").focus();
      tell("status", "热线打来了，请接听。");
      break;
    case "media":
      if (!silent) loudspeaker.play(fromBase64(body.payload));
      break;
    case "clear":
      loudspeaker.clear();
      break;
    case "verb":
      if (VERBS[body.name]) tell("status", VERBS[body.name]);
      break;
    case "transcript":
      write(body);
      break;
    case "problem":
      complain(body.text);
      break;
    case "stop":
      tell("status", body.reached ? ENDED[body.by] : "打不通：热线没有启动。");
      if (body.errors.length) complain(`热线出错：${body.errors.join("；")}`);
  }
}

function press(key) {
  const button = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  button.classList.add("pressed");
  setTimeout(() => button.classList.remove("pressed"), 150);
  send("dtmf", { digit: key });
}

// --- What is shown ------------------------------------------------------------------------------------------

function tell(id, text) {
  if (element(id).textContent !== text) element(id).textContent = text;
}

function complain(text) {
  element("problem").hidden = !text;
  tell("problem", text);
}

function live(on) {
  // aria-disabled, not disabled: the button that was just pressed keeps the focus
  element("dial").setAttribute("aria-disabled", String(on));
  element("hang-up").setAttribute("aria-disabled", String(!on));
  if (on) element("dial").textContent = "拨打";
}

function write({ who, at, text }) {
  const log = element("transcript");
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const line = document.createElement("p");
  line.className = who;
  const time = document.createElement("time");
  const seconds = Math.floor(at);
  time.textContent = `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
  const name = document.createElement("b");
  name.textContent = `${WHO[who]}：`;
  line.append(time, name, text);
  log.append(line);
  if (atEnd) log.scrollTop = log.scrollHeight;
}

// --- What the hands do --------------------------------------------------------------------------------------

element("ring").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!incoming) return ring();
  incoming = false;
  live(true);
  send("answer", {});
});

element("wait").addEventListener("click", () => ring("wait"));

element("hang-up").addEventListener("click", () => {
  if (!call) return;
  if (call.readyState === WebSocket.OPEN) send("stop", {});
  else call.close();
});

element("anonymous").addEventListener("change", ({ target }) => {
  element("caller").disabled = target.checked;
});

for (const button of document.querySelectorAll("[data-key]")) {
  button.addEventListener("click", () => press(button.dataset.key));
}

document.addEventListener("keydown", (event) => {
  const plain = !event.ctrlKey && !event.altKey && !event.metaKey && !event.repeat;
  const typing = event.target.matches("input:not([type=checkbox]), textarea, select");
  if (element("hardware-keys").checked && plain && !typing && KEYS.includes(event.key)) {
    event.preventDefault();
    press(event.key);
  }
});

element("loudspeaker").addEventListener("click", ({ target }) => {
  silent = !silent;
  loudspeaker.clear();
  target.textContent = silent ? "打开声音" : "关掉声音";
});

element("microphone").addEventListener("click", async ({ target }) => {
  if (microphone.on) {
    await microphone.close();
    target.textContent = "打开麦克风";
    tell("sound-status", "麦克风关了。");
    return;
  }
  try {
    await microphone.open((bytes) => send("media", { payload: toBase64(bytes) }));
    target.textContent = "关掉麦克风";
    tell("sound-status", "麦克风开着，热线听得到您。");
  } catch {
    await microphone.close();
    tell("sound-status", "没有麦克风，也可以按键，或者打字说话。");
  }
});

element("say").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = element("words").value.trim();
  if (!text) return;
  if (!call) {
    tell("sound-status", "还没有通话，请先拨打。");
    return;
  }
  send("say", { text });
  element("words").value = "";
});

element("read-aloud").addEventListener("change", ({ target }) => {
  element("transcript").setAttribute("aria-live", target.checked ? "polite" : "off");
});
