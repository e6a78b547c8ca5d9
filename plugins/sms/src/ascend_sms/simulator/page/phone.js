"use strict";
// Shows the carrier's texts as phones do. What it knows comes from /phones; it writes through /_sim.

const POLL_MS = 1000;
const LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/g;
const BAD = new Set(["undelivered", "failed", "canceled"]);
const byId = id => document.getElementById(id);
const seen = new Map();
let chosen = null, tag = null, shown = "", listed = "";

function made(name, text, kind) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (kind) element.className = kind;
  return element;
}

function pretty(phone) {
  const parts = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(phone);
  return parts ? `(${parts[1]}) ${parts[2]}-${parts[3]}` : phone;
}

const clock = at => new Date(at).toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
const day = at => new Date(at).toLocaleDateString([], { weekday: "long", month: "long", day: "numeric" });

function bubble(text) {
  const element = made("div", undefined, "bubble");
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    element.append(text.slice(from, found.index));
    const link = made("a", found[0]);
    link.href = found[0];
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    element.append(link);
    from = found.index + found[0].length;
  }
  element.append(text.slice(from));
  if (!text) element.append(made("em", "(no words)"));
  return element;
}

function note(text) {
  const element = made("div", undefined, "note");
  const writer = text.by === "carrier" ? "the carrier itself · " : "";
  element.append(`${writer}${clock(text.at)} · `);
  const heard = text.webhook_status === null && text.direction === "in" ? "not heard yet" : text.status;
  element.append(made("b", text.error_code ? `${text.status}, ${text.error_code}` : heard));
  if (text.direction === "out" && text.segments > 1) element.append(` · ${text.segments} segments`);
  return element;
}

function showTexts(texts) {
  const now = JSON.stringify([chosen, texts]);
  if (now === shown) return;
  const list = byId("texts"), sameOne = shown.startsWith(JSON.stringify([chosen]).slice(0, -1));
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60, before = list.dataset.count | 0;
  shown = now;
  list.replaceChildren();
  let today = "";
  texts.forEach((text, place) => {
    if (day(text.at) !== today) list.append(made("li", today = day(text.at), "day"));
    const item = made("li", undefined, text.direction === "in" ? "in" : "out");
    if (text.by === "carrier") item.classList.add("carrier");
    if (text.status === "delivered") item.classList.add("delivered");
    if (BAD.has(text.status)) item.classList.add("failed");
    if (sameOne && place >= before) item.classList.add("fresh");
    item.append(bubble(text.body), note(text));
    list.append(item);
  });
  list.dataset.count = texts.length;
  if (atEnd || !sameOne) list.scrollTop = list.scrollHeight;
}

function showPhones(phones) {
  const now = JSON.stringify([chosen, phones, [...seen]]);
  if (now === listed) return;
  listed = now;
  const had = document.activeElement?.closest("#phones button")?.dataset.phone;
  byId("none").hidden = phones.length > 0;
  byId("phones").replaceChildren(...phones.map(each => {
    const item = made("li"), button = made("button");
    button.type = "button";
    button.dataset.phone = each.phone;
    if (each.phone === chosen) button.setAttribute("aria-current", "true");
    const fresh = each.count - (seen.get(each.phone) ?? 0);
    button.append(made("strong", pretty(each.phone)), made("time", clock(each.at)), made("span", each.body, "last"));
    if (fresh > 0 && each.phone !== chosen) {
      const badge = made("span", String(fresh), "new");
      badge.setAttribute("aria-label", `${fresh} new`);
      button.append(badge);
    }
    button.addEventListener("click", () => choose(each.phone));
    item.append(button);
    return item;
  }));
  if (had) document.querySelector(`#phones [data-phone="${CSS.escape(had)}"]`)?.focus();
}

function show(told) {
  byId("number").textContent = pretty(told.number);
  if (chosen) {
    seen.set(chosen, told.phones.find(each => each.phone === chosen)?.count ?? 0);
    byId("state").textContent = told.opted_out ? "Has opted out with the carrier" : "";
    if (document.activeElement !== byId("kind")) byId("kind").value = told.kind;
    showTexts(told.texts);
  }
  showPhones(told.phones);
}

function choose(phone) {
  chosen = phone;
  tag = null;
  document.body.dataset.phone = phone;
  document.body.dataset.view = "phone";
  byId("who").textContent = pretty(phone);
  byId("problem").textContent = "";
  history.replaceState(null, "", `#${phone}`);
  look();
}

async function look() {
  const asked = chosen;
  const query = asked ? `?phone=${encodeURIComponent(asked)}` : "";
  try {
    const answer = await fetch(`/phones${query}`, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store" });
    if (asked !== chosen || answer.status === 304) return;
    if (!answer.ok) throw new Error((await answer.json()).error);
    tag = answer.headers.get("ETag");
    show(await answer.json());
    byId("problem").textContent = "";
  } catch (problem) {
    byId("problem").textContent = `The carrier does not answer (${problem.message}).`;
  }
}

async function tell(path, data) {
  const answer = await fetch(path, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(data),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
}

async function write(body) {
  try {
    await tell("/_sim/inbound", { from: chosen, body });
    byId("body").value = "";
    byId("texts").scrollTop = byId("texts").scrollHeight;
    await look();
  } catch (problem) {
    byId("problem").textContent = problem.message;
  }
}

byId("open").addEventListener("submit", event => {
  event.preventDefault();
  const digits = byId("phone").value.replace(/[^\d+]/g, "");
  if (!digits) return;
  choose(digits.startsWith("+") ? digits : digits.length === 10 ? `+1${digits}` : `+${digits}`);
  byId("phone").value = "";
});
byId("write").addEventListener("submit", event => {
  event.preventDefault();
  write(byId("body").value);
});
byId("body").addEventListener("keydown", event => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    write(byId("body").value);
  }
});
byId("quick").addEventListener("click", event => {
  if (event.target.tagName === "BUTTON") write(event.target.textContent);
});
byId("kind").addEventListener("change", async event => {
  try {
    await tell(`/_sim/phones/${encodeURIComponent(chosen)}`, { kind: event.target.value });
  } catch (problem) {
    byId("problem").textContent = problem.message;
  }
  event.target.blur();
});
byId("back").addEventListener("click", () => {
  document.body.dataset.view = "list";
});

if (/^#\+\d{7,15}$/.test(location.hash)) choose(location.hash.slice(1));
setInterval(look, POLL_MS);
look();
