// The live feed: the same socket that agents use, opened with a single-use ticket, resumed by number.
const body = document.getElementById("live");
const state = document.getElementById("live-state");
const pause = document.getElementById("live-pause");
const fresh = document.getElementById("live-new");
const wanted = JSON.parse(document.getElementById("wanted").textContent);
const pages = JSON.parse(document.getElementById("pages").textContent);
const ANY = "00000000-0000-0000-0000-000000000000";
const RELOADED = "live-reloaded";
const KEPT = 300;
let since = Number(body.dataset.since);
let waiting = [];
let paused = false;
let hovering = false;
let retry = 500;
let missed = 0;

function cell(row, text, title) {
  const td = row.insertCell();
  td.textContent = text; // text, never HTML: the page shows what others wrote
  if (title) td.title = title;
  return td;
}

function words(data) {
  const said = Object.entries(data).map(([name, value]) => [name, plain(value)]);
  return said.filter(([, text]) => text !== "").map(([name, text]) => `${name} ${text}`).join(", ");
}

function plain(value) {
  if (Array.isArray(value)) return value.map(plain).join(", ");
  if (value && typeof value === "object") return words(value);
  return String(value ?? "");
}

function row(event) {
  const tr = document.createElement("tr");
  cell(tr, event.seq);
  cell(tr, event.type);
  const id = document.createElement("code");
  id.textContent = event.subject.id.slice(-8);
  id.title = event.subject.id;
  id.dataset.copy = event.subject.id;
  cell(tr, `${event.subject.type} `).append(linked(event.subject, id));
  cell(tr, words(event.data));
  cell(tr, event.actor.length > 30 ? `${event.actor.slice(0, 30)}…` : event.actor, event.actor);
  cell(tr, new Date(event.occurred_at).toISOString().slice(11, 19), event.occurred_at);
  return tr;
}

function linked(subject, id) {
  const page = pages[subject.type];
  if (!page) return id;
  const a = document.createElement("a");
  a.className = "mh-link";
  a.href = page.replace(ANY, encodeURIComponent(subject.id));
  a.append(id);
  return a;
}

function show(events, isNew) {
  for (const event of events) {
    const tr = row(event);
    if (isNew) tr.className = "mh-new";
    body.prepend(tr);
  }
  while (body.rows.length > KEPT) body.deleteRow(-1);
  document.getElementById("live-empty").hidden = body.rows.length > 0;
}

function flush() {
  if (paused || hovering) {
    fresh.hidden = waiting.length === 0;
    fresh.textContent = `${waiting.length} new`;
    return;
  }
  show(waiting, true);
  waiting = [];
  fresh.hidden = true;
}

function tell(className, text) {
  state.firstElementChild.className = `mh-dot ${className}`;
  state.lastElementChild.textContent = text;
}

async function connect() {
  tell("", "connecting…");
  let ticket;
  try {
    const answer = await fetch(body.dataset.ticket, { method: "POST", headers: { "X-CSRFToken": body.dataset.csrf } });
    ticket = (await answer.json()).ticket;
  } catch {
    return again();
  }
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const socket = new WebSocket(`${scheme}://${location.host}/ws`);
  let hears = false; // what comes before `subscribed` is not narrowed yet, and comes again
  let tooFar = false;
  socket.onopen = () => socket.send(JSON.stringify({ type: "auth", ticket }));
  socket.onmessage = (message) => {
    const frame = JSON.parse(message.data);
    if (frame.type === "ready") {
      retry = 500;
      missed = Math.max(frame.seq - since, 0);
      socket.send(JSON.stringify({ type: "subscribe", ...wanted, since }));
    }
    if (frame.type === "subscribed") {
      hears = true;
      tell("mh-open", missed ? `live again, missed ${missed}` : "live");
    }
    if (frame.type === "error") tooFar = frame.code === 4410;
    if (frame.type !== "sync" || !hears || frame.seq <= since) return;
    since = frame.seq;
    waiting.push(frame.event);
    if (!missed) tell("mh-open", "live");
    flush();
  };
  socket.onclose = (closed) => (tooFar || closed.code === 4410 ? anew() : again());
}

function anew() {
  // Once: a feed that goes back no further than now would reload the page for ever.
  if (sessionStorage.getItem(RELOADED)) return again();
  sessionStorage.setItem(RELOADED, "1");
  location.reload();
}

function again() {
  tell("mh-closed", `not connected, trying again`);
  setTimeout(connect, retry);
  retry = Math.min(retry * 2, 15000);
}

pause.onclick = () => {
  paused = !paused;
  pause.textContent = paused ? "Go on" : "Pause";
  flush();
};
fresh.onclick = () => {
  show(waiting, true);
  waiting = [];
  fresh.hidden = true;
};
body.onmouseenter = () => (hovering = true);
body.onmouseleave = () => {
  hovering = false;
  flush();
};

show(JSON.parse(document.getElementById("recent").textContent).reverse(), false);
if (sessionStorage.getItem(RELOADED)) {
  sessionStorage.removeItem(RELOADED);
  document.getElementById("live-told").hidden = false;
}
connect();
