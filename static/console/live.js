// The live feed: the same socket that agents use, opened with a single-use ticket, resumed by number.
const body = document.getElementById("live");
const state = document.getElementById("live-state");
const pause = document.getElementById("live-pause");
const fresh = document.getElementById("live-new");
const KEPT = 300;
let since = Number(body.dataset.since);
let waiting = [];
let paused = false;
let hovering = false;
let retry = 500;

function cell(row, text, title) {
  const td = row.insertCell();
  td.textContent = text; // text, never HTML: the page shows what others wrote
  if (title) td.title = title;
  return td;
}

function row(event) {
  const tr = document.createElement("tr");
  cell(tr, event.seq);
  cell(tr, event.type);
  const id = document.createElement("code");
  id.textContent = event.subject.id.slice(-8);
  id.title = event.subject.id;
  id.dataset.copy = event.subject.id;
  cell(tr, `${event.subject.type} `).append(id);
  const said = Object.entries(event.data).filter(([, value]) => value !== "");
  cell(tr, said.map(([name, value]) => `${name} ${value}`).join(", "));
  cell(tr, event.actor.length > 30 ? `${event.actor.slice(0, 30)}…` : event.actor, event.actor);
  cell(tr, new Date(event.occurred_at).toLocaleTimeString(), event.occurred_at);
  return tr;
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
  socket.onopen = () => socket.send(JSON.stringify({ type: "auth", ticket, since }));
  socket.onmessage = (message) => {
    const frame = JSON.parse(message.data);
    if (frame.type === "ready") {
      retry = 500;
      tell("mh-open", frame.seq > since ? `live, catching up ${frame.seq - since} missed` : "live");
    }
    if (frame.type !== "sync") return;
    since = frame.seq;
    waiting.push(frame.event);
    tell("mh-open", "live");
    flush();
  };
  socket.onclose = again;
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
connect();
