/** The token, for as long as this tab is open. */

const KEY = 'tandem-token';

/** Null: there is none. */
export function keptToken(): string | null {
  return sessionStorage.getItem(KEY);
}

/** Null forgets it. */
export function keepToken(token: string | null): void {
  if (token === null) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, token);
}
