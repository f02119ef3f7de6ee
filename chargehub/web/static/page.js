// What every page does once scripts run. Without them all of it works by loading pages.
const year = 60 * 60 * 24 * 365;
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.includes(`time_zone=${encodeURIComponent(zone)}`)) {
  document.cookie = `time_zone=${encodeURIComponent(zone)}; path=/; max-age=${year}; samesite=lax`;
}

/** Load the page of an address, and put its part with this id in the place of ours. */
export async function swap(id, address = location.href) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById(id), old = document.getElementById(id);
  if (!fresh || !old || answer.redirected) return location.assign(answer.url);
  const focused = old.contains(document.activeElement) && document.activeElement.id;
  if (old.contains(document.activeElement) && /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) return;
  const open = new Set([...old.querySelectorAll("details[open][id]")].map((each) => each.id));
  old.innerHTML = fresh.innerHTML;
  for (const each of old.querySelectorAll("details[id]")) if (open.has(each.id)) each.open = true;
  for (const name of fresh.getAttributeNames()) old.setAttribute(name, fresh.getAttribute(name));
  if (focused) document.getElementById(focused)?.focus();
  old.dispatchEvent(new CustomEvent("swapped", { bubbles: true }));
}

/** Follow a stream of events; at each, load the part anew, once a second at most. */
function follow(part) {
  let waits = false, source = null, address = "";
  const look = () => {
    if (waits || document.hidden) return;
    waits = true;
    setTimeout(() => { waits = false; swap(part.id).catch(() => {}); }, 1000);
  };
  const open = () => {
    source?.close();
    address = part.dataset.live;
    if (!address) return;
    source = new EventSource(address);
    for (const name of (part.dataset.events || "message").split(" ")) source.addEventListener(name, look);
  };
  open();
  part.addEventListener("swapped", () => { if (part.dataset.live !== address) open(); });
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
}
document.querySelectorAll("[data-live][id]").forEach(follow);

/** Parts without a stream of their own are loaded anew every so many seconds. */
for (const part of document.querySelectorAll('[data-every][id]:not([data-every=""])')) {
  const again = () => setTimeout(async () => {
    if (!document.hidden) await swap(part.id).catch(() => {});
    if (part.dataset.every) again();
  }, 1000 * Number(part.dataset.every));
  again();
}

document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

/** A file that is too large is told of before it is sent. */
document.addEventListener("change", (event) => {
  const { files, dataset } = event.target;
  if (!files || !dataset.most) return;
  event.target.setCustomValidity(files[0]?.size > Number(dataset.most) ? dataset.tooLarge : "");
  event.target.reportValidity();
});

/** What moves money or cannot be undone is asked for once more. */
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) return event.preventDefault();
  const button = event.submitter;
  if (button && event.target.method === "post") setTimeout(() => { button.disabled = true; }, 0);
});
addEventListener("pageshow", () => document.querySelectorAll("button[disabled]:not([data-off])").forEach((each) => { each.disabled = false; }));

document.addEventListener("click", async (event) => {
  const copied = event.target.closest("[data-copy]");
  if (copied) {
    await navigator.clipboard?.writeText(copied.dataset.copy);
    copied.textContent = copied.dataset.done || copied.textContent;
  }
  const shared = event.target.closest("[data-share]");
  if (shared) navigator.share?.({ title: document.title, url: shared.dataset.share }).catch(() => {});
});
for (const each of document.querySelectorAll("[data-needs-script]")) each.hidden = false;

/** A code that came behind the # of an address goes to no server by itself: it is only filled in. */
const coded = document.querySelector("[data-from-address]");
if (coded && location.hash.length > 1) coded.value = decodeURIComponent(location.hash.slice(1));

if ("serviceWorker" in navigator && isSecureContext) navigator.serviceWorker.register("/worker.js").catch(() => {});
