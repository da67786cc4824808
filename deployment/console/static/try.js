// Sends the files with a bar that shows how far it is, and shows the document beside what comes of it.
// Without this script the form is sent as any form, and leads to the page of the execution.
"use strict";

const form = document.getElementById("try");
const files = document.getElementById("files");
const bar = document.getElementById("sent");
const outcome = document.getElementById("outcome");

for (const kind of ["dragover", "dragleave", "drop"]) {
  form.addEventListener(kind, (event) => {
    event.preventDefault();
    form.classList.toggle("over", kind === "dragover");
    if (kind === "drop") files.files = event.dataTransfer.files;
  });
}

function preview(file) {
  const url = URL.createObjectURL(file);
  const kind = file.type.startsWith("image/") ? "img" : file.type === "application/pdf" ? "iframe" : "pre";
  const shown = document.createElement(kind);
  shown.className = "preview w-100";
  if (kind === "pre") file.slice(0, 20000).text().then((text) => { shown.textContent = file.type.startsWith("text/") ? text : file.name; });
  else shown.src = url;
  if (kind === "img") shown.alt = file.name;
  if (kind === "iframe") shown.title = file.name;
  document.getElementById("document").replaceChildren(shown);
}

function show(text, url) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const parts = ["run", "results"].map((id) => page.getElementById(id)).filter(Boolean);
  if (parts.length === 0) { location.assign(url); return false; }
  const link = Object.assign(document.createElement("a"), { href: url, textContent: "The execution’s own page" });
  outcome.replaceChildren(link, page.querySelector("h1"), ...page.querySelectorAll("[role=alert], .timeline"), page.getElementById("results"));
  return page.getElementById("run").dataset.ended === undefined;
}

async function follow(url) {
  const reply = await fetch(url, { headers: { Accept: "text/html" } });
  if (show(await reply.text(), url)) setTimeout(() => follow(url).catch(() => {}), 700);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const request = new XMLHttpRequest();
  request.upload.onprogress = (sent) => { bar.value = sent.loaded / sent.total; };
  request.onload = () => {
    if (!/\/executions\/[0-9a-f-]{36}$/.test(new URL(request.responseURL).pathname)) return location.assign(request.responseURL);
    follow(request.responseURL);
  };
  request.onerror = () => { outcome.textContent = "It could not be sent: the connection broke."; };
  bar.hidden = false;
  preview(files.files[0]);
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "text/html");
  request.send(new FormData(form));
});
