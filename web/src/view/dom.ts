/** The few DOM helpers. Text of strangers enters the page through `setText` and `make` only, as text. */

type Child = Node | string;

/** Makes an element; `attributes` are our own constants and numbers, never HTML. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Writes only what changed: an equal write would still make a screen reader speak and the browser lay out. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** As `setText`, but a long path breaks after its slashes rather than within a name. */
export function setWrappingText(element: Element, text: string): void {
  if (element.textContent === text) return;
  const parts = text.split(/(?<=\/)/);
  element.replaceChildren(...parts.flatMap((part, index) => (index === 0 ? [part] : [make('wbr'), part])));
}

export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** The element of `index.html` with this id. Page and script are built together, so that a miss is our mistake. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no element with the id ${id}`);
  return element as T;
}
