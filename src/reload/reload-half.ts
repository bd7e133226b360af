/** One half of a node as a reload sees it, and what it answers at each step. */

/** In the order in which they prepare: who has the first one has the reload. */
export const halfNames = ['agent', 'balancer'] as const;

export type HalfName = (typeof halfNames)[number];

/** One line of a plan, for people and JSON. */
export interface PlanLine {
  readonly what: 'added' | 'removed' | 'changed';
  /** `listener`, `virtual router`, `setting` and so on. */
  readonly kind: string;
  readonly name: string;
  /** What clients feel; null: nothing. */
  readonly disturbs: string | null;
  /** Which parts of it, and how; absent: it is not said. */
  readonly detail?: string;
}

/** What a half that has prepared a reload would do. */
export interface Offer {
  /** SHA-256 of the file it has read, hex. */
  readonly digest: string;
  /** Of the one it runs with. */
  readonly running: string;
  /** Which node of the file this is; null: none, a plain balancer. */
  readonly node: string | null;
  /** Absolute path of the file. */
  readonly file: string;
  readonly plan: readonly PlanLine[];
  /** `file:line:column: warning: ...`, a line each. */
  readonly warnings: readonly string[];
  /** Which halves the file asks for. */
  readonly wants: Readonly<Record<HalfName, boolean>>;
}

/** How preparing went. */
export type PrepareAnswer =
  | { readonly type: 'prepared'; readonly offer: Offer }
  | { readonly type: 'refused'; readonly reasons: readonly string[] }
  /** Another reload is under way there, or it starts or stops. */
  | { readonly type: 'busy'; readonly reason: string }
  | Unanswered;

/** How applying went; `refused`: nothing has changed there. */
export type ApplyAnswer =
  | { readonly type: 'applied' }
  | { readonly type: 'refused'; readonly reasons: readonly string[] }
  | Unanswered;

/** `absent`: it does not run, or has ended meanwhile. `silent`: it may run, and may have done it. */
export interface Unanswered {
  readonly type: 'absent' | 'silent';
  readonly why: string;
}

/** Where a half stands, for who was not told. */
export interface DeskReport {
  readonly state: 'idle' | 'preparing' | 'prepared' | 'applying';
  /** Of the reload that is under way; null: none. */
  readonly token: string | null;
  /** Of the last one that was applied; null: none since the start. */
  readonly applied: string | null;
  /** Of the file it runs with. */
  readonly running: string;
}

/** What drives a half. Nothing here rejects. */
export interface ReloadHalf {
  readonly name: HalfName;
  prepare(token: string): Promise<PrepareAnswer>;
  apply(token: string): Promise<ApplyAnswer>;
  /** Also while it prepares; harmless when there is nothing to abandon. */
  abandon(token: string): Promise<void>;
  report(): Promise<DeskReport | Unanswered>;
}
