// Keeps what is live on a page up to date: asks for the page again, and puts in the parts that have changed.
// Without this script the page reloads itself instead, by a <noscript> of its own.
"use strict";

const seconds = Number(document.querySelector("[data-live-seconds]")?.dataset.liveSeconds || 0);
const token = () => document.querySelector("input[name=csrf_token]")?.value || "";

function isInUse(region) {
  const marked = getSelection();
  if (!marked.isCollapsed && region.contains(marked.anchorNode)) return true;
  return region.contains(document.activeElement) || region.querySelector("details.sure[open]") !== null;
}

function put(fresh) {
  for (const region of document.querySelectorAll("[data-live]")) {
    const now = fresh.getElementById(region.id);
    if (now === null || isInUse(region)) continue;
    for (const field of now.querySelectorAll("input[name=csrf_token]")) field.setAttribute("value", token());
    if (now.innerHTML !== region.innerHTML) region.replaceChildren(...now.childNodes);
  }
}

async function refresh() {
  if (document.hidden) return;
  const reply = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (reply.redirected && new URL(reply.url).pathname !== location.pathname) return location.reload();
  if (!reply.ok) throw new Error(reply.status);
  put(new DOMParser().parseFromString(await reply.text(), "text/html"));
  document.body.classList.remove("stale");
}

if (seconds > 0) {
  const again = () => refresh().catch(() => document.body.classList.add("stale")).finally(() => setTimeout(again, seconds * 1000));
  setTimeout(again, seconds * 1000);
}

// Buttons that copy appear where copying works.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    const from = document.getElementById(button.dataset.copy);
    navigator.clipboard.writeText(from.value ?? from.textContent).then(() => { button.textContent = "Copied"; });
  });
}
