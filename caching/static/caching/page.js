// Writing to the page: only what differs is touched, and everything from the server is text, never markup.

export function field(row, name) {
  return row.querySelector(`[data-field="${name}"]`);
}

export function part(section, name) {
  return section.querySelector(`[data-part="${name}"]`);
}

export function write(element, text) {
  const wanted = String(text ?? "");
  if (element.textContent !== wanted) element.textContent = wanted;
}

export function attribute(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}

export function show(element, shown) {
  if (element.hidden === shown) element.hidden = !shown;
}

// Texts of a row by the names of their fields.
export function fill(row, texts) {
  for (const [name, text] of Object.entries(texts)) write(field(row, name), text);
}

// A moment in the row's <time>; its words are kept right by `tick`.
export function moment(element, iso) {
  if (iso) attribute(element, "datetime", iso);
  else element.removeAttribute("datetime");
}

// Makes the children of `list` those of `items`, in their order: rows that stay are kept and filled in place.
export function rows(list, items, { key, template, fill: fillRow }) {
  const known = new Map([...list.children].map((row) => [row.dataset.key, row]));
  let place = list.firstElementChild;
  for (const item of items) {
    const name = String(key(item));
    let row = known.get(name);
    known.delete(name);
    if (!row) {
      row = document.getElementById(template).content.firstElementChild.cloneNode(true);
      row.dataset.key = name;
    }
    fillRow(row, item);
    if (row === place) place = place.nextElementSibling;
    else list.insertBefore(row, place);
  }
  for (const row of known.values()) row.remove();
}
