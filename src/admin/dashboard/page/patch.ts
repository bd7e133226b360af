/**
 * Makes the page what it is to be, changing no more than has changed: focus, selection, scroll positions
 * and open details stay, and nothing jumps. Text goes in as text, never as markup.
 */
import type { VElement, VNode } from './vnode.ts';

const SVG = 'http://www.w3.org/2000/svg';
const SVG_TAGS = new Set(['svg', 'g', 'path', 'line', 'rect', 'circle']);

/** Keys of elements that were made here. */
const keys = new WeakMap<Node, string>();

/** Replaces what `parent` has by `wanted`. */
export function patch(parent: Element, wanted: readonly VNode[]): void {
  let at = parent.firstChild;
  for (const node of wanted) {
    const found = matching(at, node);
    if (found !== null) {
      // What stands between has gone.
      while (at !== null && at !== found) at = removed(at);
      update(found, node);
      at = found.nextSibling;
    } else {
      parent.insertBefore(create(node), at);
    }
  }
  while (at !== null) at = removed(at);
}

function removed(node: ChildNode): ChildNode | null {
  const next = node.nextSibling;
  node.remove();
  return next;
}

/** The first of those from `at` on that can become it; only keyed ones are searched for. */
function matching(at: ChildNode | null, node: VNode): ChildNode | null {
  if (at === null) return null;
  if (typeof node === 'string') return at.nodeType === Node.TEXT_NODE ? at : null;
  const key = keyOf(node);
  const fits = (one: ChildNode) =>
    one instanceof Element && one.localName === node.tag && (keys.get(one) ?? '') === key;
  if (key === '') return fits(at) ? at : null;
  for (let one: ChildNode | null = at; one !== null; one = one.nextSibling) {
    if (fits(one)) return one;
  }
  return null;
}

function keyOf({ attributes }: VElement): string {
  return String(attributes.key ?? '');
}

function create(node: VNode): ChildNode {
  if (typeof node === 'string') return document.createTextNode(node);
  const element = SVG_TAGS.has(node.tag)
    ? document.createElementNS(SVG, node.tag)
    : document.createElement(node.tag);
  keys.set(element, keyOf(node));
  update(element, node);
  return element;
}

function update(at: ChildNode, node: VNode): void {
  if (typeof node === 'string') {
    if (at.nodeValue !== node) at.nodeValue = node;
    return;
  }
  const element = at as Element;
  const wanted = Object.entries(node.attributes).filter(
    ([name, value]) => name !== 'key' && value !== null && value !== false,
  );
  for (const [name, value] of wanted) {
    const text = value === true ? '' : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
  const names = new Set(wanted.map(([name]) => name));
  for (const name of element.getAttributeNames()) {
    // Whether details are open is the reader's.
    if (!names.has(name) && name !== 'open') element.removeAttribute(name);
  }
  patch(element, node.children);
}
