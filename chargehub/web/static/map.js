// The map beside the list. It draws what the list says, and asks for another list when it moves.
import { swap } from "./page.js";

const box = document.getElementById("map"), form = document.getElementById("finder");
const SIGNS = { free: "●", occupied: "▲", booked: "■", closed: "☾", faulted: "✖", offline: "✕" };
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

/** A grid of coordinates in the place of tiles. */
export const Graticule = L.GridLayer.extend({
  createTile(at) {
    const size = this.getTileSize(), north = this._map.unproject(at.scaleBy(size), at.z);
    const tile = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    tile.setAttribute("viewBox", `0 0 ${size.x} ${size.y}`);
    tile.innerHTML = `<path d="M0 0H${size.x}M0 0V${size.y}" fill="none" stroke="currentColor" stroke-opacity=".25"/><text class="graticule" x="4" y="12">${north.lat.toFixed(3)}, ${north.lng.toFixed(3)}</text>`;
    return tile;
  },
});

if (box && window.L) {
  const [latitude, longitude, zoom] = box.dataset.center.split(",").map(Number);
  const map = L.map(box, { zoomAnimation: !still, fadeAnimation: !still });
  map.attributionControl.setPrefix(false);
  if (box.dataset.tiles) L.tileLayer(box.dataset.tiles, { attribution: box.dataset.attribution, maxZoom: 19 }).addTo(map);
  else new Graticule({ maxZoom: 19 }).addTo(map);
  L.control.scale().addTo(map);
  const pins = L.layerGroup().addTo(map);

  const sides = ["south", "west", "north", "east"].map((name) => form.elements[name]);
  if (sides.every((side) => side.value)) {
    const [south, west, north, east] = sides.map((side) => Number(side.value));
    map.fitBounds([[south, west], [north, east]], { animate: false });
  } else map.setView([latitude, longitude], zoom, { animate: false });

  /** By pointer, and by Enter or the space bar. */
  const pressed = (marker, then) => marker.on("click", then).on("keydown", ({ originalEvent: key }) => {
    if (key.key !== "Enter" && key.key !== " ") return;
    key.preventDefault();
    then();
  });
  const draw = () => {
    pins.clearLayers();
    for (const card of document.querySelectorAll("#found [data-evse]")) {
      const state = card.dataset.state, title = card.querySelector("h3").textContent.trim();
      const icon = L.divIcon({ className: "", html: `<div class="pin ${state}"><span>${SIGNS[state] || "✕"}</span></div>`, iconSize: [34, 34], iconAnchor: [17, 34] });
      const pin = L.marker([card.dataset.latitude, card.dataset.longitude], { icon, title, alt: title });
      pressed(pin, () => show(card));
      pins.addLayer(pin);
    }
    for (const each of document.querySelectorAll("#found [data-many]")) {
      const icon = L.divIcon({ className: "", html: `<div class="cluster">${Number(each.dataset.many)}</div>`, iconSize: [44, 44] });
      const at = [each.dataset.latitude, each.dataset.longitude];
      pins.addLayer(pressed(L.marker(at, { icon, title: each.dataset.many }), () => map.setView(at, map.getZoom() + 2)));
    }
  };
  const show = (card) => {
    document.querySelectorAll(".lit").forEach((each) => each.classList.remove("lit"));
    card.classList.add("lit");
    card.scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
    card.querySelector("a").focus({ preventScroll: true });
  };

  let asked = 0;
  const look = async () => {
    const edges = map.getBounds(), clip = (value, most) => Math.max(-most, Math.min(most, value)).toFixed(5);
    [clip(edges.getSouth(), 85), clip(edges.getWest(), 180), clip(edges.getNorth(), 85), clip(edges.getEast(), 180)]
      .forEach((value, index) => { sides[index].value = value; });
    const address = "/?" + new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    const mine = ++asked;
    history.replaceState(null, "", address);
    document.getElementById("found").setAttribute("aria-busy", "true");
    await swap("found", address).catch(() => {});
    if (mine === asked) document.getElementById("found").removeAttribute("aria-busy");
  };
  let later;
  map.on("moveend", () => { clearTimeout(later); later = setTimeout(look, 250); });
  form.addEventListener("change", () => look());
  form.addEventListener("submit", (event) => { event.preventDefault(); look(); });
  document.addEventListener("swapped", draw);
  draw();
  if (!sides.every((side) => side.value)) look();

  const locate = document.querySelector("[data-locate]");
  if (locate && navigator.geolocation) {
    locate.hidden = false;
    locate.addEventListener("click", () => navigator.geolocation.getCurrentPosition(
      ({ coords }) => map.setView([coords.latitude, coords.longitude], 14)));
  }
}
