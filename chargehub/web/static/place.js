// The map on which an owner shows where a charger is. It fills in the field above it.
import { Graticule } from "./map.js";

const box = document.getElementById("place-map"), field = document.getElementById("position");
const still = matchMedia("(prefers-reduced-motion: reduce)").matches;

if (box && field && window.L) {
  box.hidden = false;
  const [latitude, longitude, zoom] = box.dataset.center.split(",").map(Number);
  const map = L.map(box, { zoomAnimation: !still, fadeAnimation: !still });
  map.attributionControl.setPrefix(false);
  if (box.dataset.tiles) L.tileLayer(box.dataset.tiles, { attribution: box.dataset.attribution, maxZoom: 19 }).addTo(map);
  else new Graticule({ maxZoom: 19 }).addTo(map);
  L.control.scale().addTo(map);
  const icon = L.divIcon({ className: "", html: '<div class="pin free"><span>●</span></div>', iconSize: [34, 34], iconAnchor: [17, 34] });
  let pin = null;

  const put = (at) => {
    if (pin) pin.setLatLng(at);
    else {
      pin = L.marker(at, { icon, draggable: true, alt: field.labels[0].textContent.trim() }).addTo(map);
      pin.on("dragend", () => tell(pin.getLatLng()));
    }
  };
  const tell = (at) => {
    const there = at.wrap();
    put(there);
    field.value = `${there.lat.toFixed(6)}, ${there.lng.toFixed(6)}`;
  };
  const read = () => {
    const told = field.value.split(/[\s,]+/).map(Number);
    return told.length === 2 && told.every(Number.isFinite) && field.value.trim() ? L.latLng(told) : null;
  };
  const told = read();
  map.setView(told || [latitude, longitude], told ? 17 : zoom, { animate: false });
  if (told) put(told);
  map.on("click", (event) => tell(event.latlng));
  field.addEventListener("change", () => {
    const at = read();
    if (at) { put(at); map.setView(at, Math.max(map.getZoom(), 15)); }
  });

  const here = document.querySelector("[data-here]");
  if (here && navigator.geolocation) {
    here.hidden = false;
    here.addEventListener("click", () => navigator.geolocation.getCurrentPosition(({ coords }) => {
      const at = L.latLng(coords.latitude, coords.longitude);
      tell(at);
      map.setView(at, 17);
    }));
  }
}
