// Keeps what is needed at the kerb without a line: our files, and the pages of my bookings.
const FILES = "files-1", PAGES = "pages-1", OFFLINE = "/offline";
const KEPT = /^\/(bookings\/[^/]+|guest-booking\/[^/]+|charging|offline)$/;

addEventListener("install", (event) => {
  event.waitUntil(caches.open(PAGES).then((kept) => kept.add(OFFLINE)).then(() => skipWaiting()));
});
addEventListener("activate", (event) => {
  const known = new Set([FILES, PAGES]);
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => !known.has(name)).map((name) => caches.delete(name))))
    .then(() => clients.claim()));
});
addEventListener("fetch", (event) => {
  const { request } = event, { origin, pathname } = new URL(request.url);
  if (request.method === "POST" && pathname === "/logout") caches.delete(PAGES).then(() => caches.open(PAGES)).then((kept) => kept.add(OFFLINE));
  if (request.method !== "GET" || origin !== location.origin) return;
  if (pathname.startsWith("/static/")) event.respondWith(file(request));
  else if (request.mode === "navigate") event.respondWith(page(request, pathname));
});
async function file(request) {
  const kept = await caches.open(FILES), known = await kept.match(request);
  if (known) return known;
  const answer = await fetch(request);
  if (answer.ok) await kept.put(request, answer.clone());
  return answer;
}
async function page(request, pathname) {
  const kept = await caches.open(PAGES);
  try {
    const answer = await fetch(request);
    if (answer.ok && !answer.redirected && KEPT.test(pathname)) await kept.put(pathname, answer.clone());
    return answer;
  } catch {
    return (await kept.match(pathname)) || (await kept.match(OFFLINE)) || Response.error();
  }
}
