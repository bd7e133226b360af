/** What is to be on the page, as plain values: made by pure functions, put there by patch.ts. */

/** An attribute; null and false leave it out, true is one without a value. */
export type Attribute = string | number | boolean | null;

/** An element. */
export interface VElement {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly children: readonly VNode[];
}

/** An element or a text. */
export type VNode = VElement | string;

/** What may be given as a child: nothing, too. */
export type Child = VNode | null | readonly Child[];

/** An element. The attribute `key` tells siblings of one tag apart while they come and go. */
export function h(
  tag: string,
  attributes: Readonly<Record<string, Attribute>> = {},
  ...children: readonly Child[]
): VElement {
  return { tag, attributes, children: flat(children) };
}

function flat(children: readonly Child[]): readonly VNode[] {
  return children.flatMap((child): readonly VNode[] => {
    if (child === null || child === '') return [];
    return Array.isArray(child) ? flat(child) : [child as VNode];
  });
}

/** All text in it, for tests and for labels. */
export function textOf(node: VNode): string {
  return typeof node === 'string' ? node : node.children.map(textOf).join(' ');
}
