// The simulator: a histogram of scores with thresholds that can be moved. Counts follow at once, as the plan would
// count; what is shown beside them is then asked of the server, which plans anew with the same moment.
document.addEventListener("DOMContentLoaded", () => {
  // A run that was started here: what is simulated is told anew when it is over.
  const running = setInterval(() => {
    if (document.querySelector("[data-fresh][data-running]")) return;
    clearInterval(running);
    if (!document.getElementById("apply") && document.querySelector("[data-fresh]")) location.reload();
  }, 300);
  const box = document.getElementById("histogram");
  const source = document.getElementById("simulation");
  if (!box || !source) return;
  const told = JSON.parse(source.textContent);
  const BINS = 40, HEIGHT = told.thresholds.length ? 292 : 220, TOP = told.thresholds.length ? 84 : 14, BOTTOM = 30, SIDE = 34, SVG = "http://www.w3.org/2000/svg";
  let actions = Object.keys(told.tones);
  const thresholds = told.lanes ? told.thresholds : []; // the highest first
  const number = new Intl.NumberFormat("en");
  const rule = document.getElementById("rule");
  const lane = (item) => told.lanes[item[1]];
  const rung = (score) => { const at = thresholds.findIndex((each) => score >= each.value); return at < 0 ? thresholds.length : at; };
  const actionOf = (item) => (told.lanes ? lane(item)[rung(item[0])] : item[1]);
  const binOf = (score) => Math.min(Math.floor(score * BINS), BINS - 1);

  function make(name, attributes, parent, text) {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    parent?.append(node);
    return node;
  }

  function counted() {
    const counts = Object.fromEntries(actions.map((name) => [name, 0]));
    const bins = Array.from({ length: BINS }, () => Object.fromEntries(actions.map((name) => [name, 0])));
    for (const item of told.items) {
      const action = actionOf(item);
      counts[action] += 1;
      bins[binOf(item[0])][action] += 1;
    }
    return { counts, bins };
  }

  // --- the drawing
  let tallest = Math.max(1, ...counted().bins.map((bin) => Object.values(bin).reduce((sum, count) => sum + count, 0)));
  let width = 0, svg, bands, columns, handles;
  const x = (score) => SIDE + score * (width - SIDE * 2);
  const y = (count) => HEIGHT - BOTTOM - (count / tallest) * (HEIGHT - BOTTOM - TOP);

  function axis() {
    const lines = make("g", { class: "mh-axis" }, svg);
    for (const part of tallest < 4 ? [1] : [0.5, 1]) {
      const count = Math.round(tallest * part);
      make("line", { x1: SIDE, x2: width - SIDE, y1: y(count), y2: y(count) }, lines);
      make("text", { x: SIDE - 6, y: y(count) + 4, "text-anchor": "end" }, lines, number.format(count));
    }
    make("line", { x1: SIDE, x2: width - SIDE, y1: y(0), y2: y(0), class: "mh-base" }, lines);
    for (let tick = 0; tick <= 10; tick += 1) make("text", { x: x(tick / 10), y: HEIGHT - 10, "text-anchor": "middle" }, lines, (tick / 10).toFixed(1));
  }

  function draw() {
    width = box.clientWidth;
    box.replaceChildren();
    svg = make("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, height: HEIGHT, width, role: "group", "aria-label": "How many memories have which score, by what would be done with them" }, box);
    bands = make("g", {}, svg);
    axis();
    columns = make("g", { class: "mh-columns" }, svg);
    const gap = Math.min(3, (width - SIDE * 2) / BINS / 5);
    for (let at = 0; at < BINS; at += 1) {
      const column = make("g", {}, columns);
      make("title", {}, column);
      make("rect", { class: "mh-hover", x: x(at / BINS), y: TOP, width: x(1 / BINS) - x(0), height: HEIGHT - BOTTOM - TOP }, column);
      for (const name of actions) make("rect", { class: told.tones[name], x: x(at / BINS) + gap / 2, width: x(1 / BINS) - x(0) - gap, rx: 1.5 }, column);
    }
    handles = make("g", {}, svg);
    thresholds.forEach(handle);
    show();
  }

  function handle(each, at) {
    const group = make("g", { class: `mh-handle ${each.tone}`, tabindex: 0, role: "slider", "aria-valuemin": 0, "aria-valuemax": 1, "aria-label": `${each.label} from` }, handles);
    make("line", { y1: 0, y2: HEIGHT - BOTTOM, x1: 0, x2: 0 }, group);
    make("rect", { class: "mh-grip-area", x: -14, y: 0, width: 28, height: HEIGHT - BOTTOM }, group);
    make("rect", { class: "mh-pill", y: 0, height: 22, rx: 11 }, group);
    make("text", { class: "mh-pill-text", "text-anchor": "middle" }, group);
    make("circle", { class: "mh-knob", cy: HEIGHT - BOTTOM, r: 6 }, group);
    group.addEventListener("pointerdown", (press) => { press.preventDefault(); group.focus(); group.setPointerCapture(press.pointerId); group.classList.add("mh-dragged"); });
    group.addEventListener("pointermove", (move) => {
      if (!group.hasPointerCapture(move.pointerId)) return;
      const place = svg.getBoundingClientRect();
      set(at, (((move.clientX - place.left) / place.width) * width - SIDE) / (width - SIDE * 2));
    });
    const let_go = () => { if (group.classList.contains("mh-dragged")) { group.classList.remove("mh-dragged"); ask(); } };
    group.addEventListener("pointerup", let_go);
    group.addEventListener("pointercancel", let_go);
    group.addEventListener("keydown", (press) => {
      const step = press.shiftKey ? 0.05 : 0.01;
      const to = { ArrowLeft: each.value - step, ArrowDown: each.value - step, ArrowRight: each.value + step, ArrowUp: each.value + step, PageDown: each.value - 0.1, PageUp: each.value + 0.1, Home: 0, End: 1 }[press.key];
      if (to === undefined) return;
      press.preventDefault();
      set(at, to);
      ask();
    });
  }

  // What becomes of that which is below all thresholds, where nothing protects it: in the lane with the most actions.
  const lowest = () => told.lanes.reduce((best, each) => (new Set(each).size > new Set(best).size ? each : best)).at(-1);

  function set(at, value) {
    const most = at ? thresholds[at - 1].value : 1, least = at < thresholds.length - 1 ? thresholds[at + 1].value : 0;
    thresholds[at].value = Math.round(Math.min(Math.max(value, least), most) * 100) / 100;
    for (const input of document.querySelectorAll(`[name="o_${thresholds[at].name}"]`)) input.value = thresholds[at].value;
    show();
  }

  function show() {
    const { counts, bins } = counted();
    [...columns.children].forEach((column, at) => {
      let below = 0;
      actions.forEach((name, place) => {
        const rect = column.children[place + 2], count = bins[at][name];
        rect.setAttribute("y", y(below + count));
        rect.setAttribute("height", y(below) - y(below + count));
        below += count;
      });
      const parts = actions.filter((name) => bins[at][name]).map((name) => `${number.format(bins[at][name])} ${told.labels[name]}`);
      column.firstChild.textContent = `Score ${(at / BINS).toFixed(3)} to ${((at + 1) / BINS).toFixed(3)}: ${parts.join(", ") || "none"}`;
    });
    place();
    tell(counts);
    questions();
  }

  function place() {
    bands.replaceChildren();
    if (!thresholds.length) return;
    const edges = [1, ...thresholds.map((each) => each.value), 0], last = lowest();
    const steps = [...thresholds, { tone: told.tones[last], label: told.labels[last] }];
    edges.slice(0, -1).forEach((right, at) => {
      const left = edges[at + 1], room = x(right) - x(left);
      make("rect", { class: `mh-band ${steps[at].tone}`, x: x(left), y: TOP - 8, width: Math.max(0, room), height: HEIGHT - BOTTOM - TOP + 8 }, bands);
      if (room > steps[at].label.length * 7) make("text", { class: `mh-band-text ${steps[at].tone}`, x: x(left) + room / 2, y: TOP - 14, "text-anchor": "middle" }, bands, steps[at].label);
    });
    const ends = [];
    [...handles.children].reverse().forEach((group, back) => {
      const each = thresholds[thresholds.length - 1 - back], text = `${each.name.replace(/_/g, " ")} ${each.value.toFixed(2)}`;
      const half = text.length * 3.6 + 11, middle = Math.min(Math.max(x(each.value), half + 2), width - half - 2), [line, , pill, words] = group.children;
      let row = 0;
      while (ends[row] !== undefined && ends[row] > middle - half) row += 1;
      row = Math.min(row, 2);
      ends[row] = middle + half + 6;
      group.setAttribute("transform", `translate(${x(each.value)} 0)`);
      group.setAttribute("aria-valuenow", each.value);
      group.setAttribute("aria-valuetext", text);
      line.setAttribute("y1", row * 20 + 20);
      pill.setAttribute("x", middle - x(each.value) - half);
      pill.setAttribute("width", half * 2);
      pill.setAttribute("y", row * 20);
      pill.setAttribute("height", 19);
      words.textContent = text;
      words.setAttribute("x", middle - x(each.value));
      words.setAttribute("y", row * 20 + 13.5);
    });
  }

  // --- the numbers beside it
  function tell(counts) {
    const total = told.items.length || 1;
    for (const card of document.querySelectorAll("[data-action]")) {
      const count = counts[card.dataset.action] || 0;
      card.querySelector("[data-count]").textContent = number.format(count);
      card.querySelector("[data-share]").textContent = `${Math.round((1000 * count) / total) / 10} %`;
      card.classList.toggle("mh-none", !count);
    }
  }

  function questions() {
    if (!told.questions || !told.taking) return;
    const gone = (index) => index >= 0 && told.taking.includes(actionOf(told.items[index]));
    let stay = 0, hits = 0, wanted = 0, losing = 0;
    told.questions.forEach((question, at) => {
      const before = question.hits.slice(0, question.limit), left = before.filter((index) => !gone(index)).length;
      const after = [];
      question.hits.forEach((index, rank) => { if (!gone(index) && after.length < question.limit) after.push(rank); });
      const found = (ranks) => question.expected.filter((rank) => ranks.includes(rank)).length;
      const now = found(before.map((_, rank) => rank)), then = found(after);
      stay += left; hits += then; wanted += question.wanted; losing += left < before.length;
      const row = document.querySelector(`[data-question="${at}"]`);
      if (!row) return;
      [...row.querySelector("[data-strip]").children].forEach((mark, rank) => {
        const out = gone(before[rank]);
        mark.className = `${out ? `${told.tones[actionOf(told.items[before[rank]])]} mh-out` : "mh-in"}${question.expected.includes(rank) ? " mh-ticked" : ""}`;
      });
      row.querySelector("[data-left]").textContent = `${left} of ${before.length} stay${question.wanted ? `, expected ${now} → ${then} of ${question.wanted}` : ""}`;
    });
    const say = (name, text, worse) => { const node = document.querySelector(`[data-${name}]`); if (node) { node.textContent = text; node.classList.toggle("mh-worse", worse); } };
    const all = told.questions.reduce((sum, question) => sum + Math.min(question.limit, question.hits.length), 0);
    say("stay", number.format(stay), stay < all);
    say("losing", number.format(losing), losing > 0);
    if (wanted) say("recalled", `${Math.round((100 * hits) / wanted)} %`, told.questions.some((question) => question.wanted) && hits < wanted);
  }

  // --- the server's word: the same page, planned with these thresholds and the same moment
  let timer, asked = 0;
  function ask() {
    clearTimeout(timer);
    document.getElementById("apply")?.classList.add("mh-asking");
    timer = setTimeout(async () => {
      const mine = (asked += 1), query = new URLSearchParams(new FormData(rule));
      history.replaceState(null, "", `?${query}`);
      query.set("part", "1");
      query.set("now", document.querySelector("[data-now]").value);
      const answer = await fetch(`?${query}`).catch(() => null);
      if (!answer?.ok || mine !== asked) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      reorder(page);
      if (differs(page)) return location.reload(); // something was written meanwhile
      for (const part of page.querySelectorAll("[data-part]")) if (part.dataset.part !== "counts") document.querySelector(`[data-part="${part.dataset.part}"]`)?.replaceWith(part);
      for (const bar of document.querySelectorAll("[data-part] [data-width]")) bar.style.width = `${bar.dataset.width}%`;
    }, 300);
  }

  function differs(page) {
    const theirs = Object.fromEntries([...page.querySelectorAll("[data-action]")].map((card) => [card.dataset.action, card.querySelector("[data-count]").textContent]));
    return [...document.querySelectorAll("[data-action]")].some((card) => card.querySelector("[data-count]").textContent !== (theirs[card.dataset.action] ?? "0"));
  }

  // The server tells the questions anew, those first that lose most: their places among the plain values move along.
  function reorder(page) {
    const fresh = page.getElementById("simulation");
    if (fresh) told.questions = JSON.parse(fresh.textContent).questions ?? told.questions;
  }

  // The lanes of many memories take the server a while: the drawing is there before, and its handles come with them.
  async function climb() {
    box.classList.add("mh-climbing");
    const query = new URLSearchParams(new FormData(rule));
    query.set("now", document.querySelector("[data-now]").value);
    const answer = await fetch(`${box.dataset.lanes}?${query}`).catch(() => null);
    box.classList.remove("mh-climbing");
    if (!answer?.ok) return;
    Object.assign(told, await answer.json());
    actions = Object.keys(told.tones);
    thresholds.push(...told.thresholds);
    const card = document.querySelector("[data-action]");
    for (const name of actions) if (!document.querySelector(`[data-action="${name}"]`)) {
      const fresh = card.cloneNode(true);
      fresh.className = `mh-count ${told.tones[name]}`;
      fresh.dataset.action = name;
      fresh.querySelector("span").textContent = told.labels[name];
      card.parentElement.append(fresh);
    }
    listen();
    draw();
  }

  const listen = () => thresholds.forEach((each, at) => rule.querySelector(`[data-threshold="${each.name}"]`)?.addEventListener("change", (typed) => {
    const value = parseFloat(typed.target.value);
    if (Number.isNaN(value)) return;
    set(at, value);
    ask();
  }));
  new ResizeObserver(() => { if (box.clientWidth && box.clientWidth !== width) draw(); }).observe(box);
  listen();
  draw();
  if (told.thresholds.length && !told.lanes) climb();
});
