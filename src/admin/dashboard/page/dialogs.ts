/** The two dialogs: a question before an order, and signing in. */
import type { Question } from './orders.ts';
import { patch } from './patch.ts';
import { h } from './vnode.ts';

/** The element of that id, of which index.html has one. */
export function byId<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  return document.getElementById(id) as Kind;
}

/** Asks; resolves to whether it is to be done. Escape is a no. */
export function confirmed({ title, lines, warnings, confirm }: Question): Promise<boolean> {
  const dialog = byId<HTMLDialogElement>('question');
  patch(byId('question-title'), [title]);
  patch(byId('question-text'), [
    ...lines.map((text) => h('p', {}, text)),
    ...warnings.map((text) => h('p', { class: 'caution' }, `Careful: ${text}`)),
  ]);
  patch(byId('question-confirm'), [confirm]);
  return new Promise((resolve) => {
    dialog.returnValue = '';
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'confirm'), {
      once: true,
    });
    dialog.showModal();
  });
}

/** Asks for a token, saying why; resolves to null when there will be none. */
export function askedToken(why: string): Promise<string | null> {
  const dialog = byId<HTMLDialogElement>('sign-in');
  const field = byId<HTMLInputElement>('token');
  patch(byId('sign-in-why'), [why]);
  if (dialog.open) return new Promise(() => {});
  field.value = '';
  return new Promise((resolve) => {
    dialog.returnValue = '';
    dialog.addEventListener(
      'close',
      () => {
        const token = field.value.trim();
        field.value = '';
        resolve(dialog.returnValue === 'confirm' && token !== '' ? token : null);
      },
      { once: true },
    );
    dialog.showModal();
  });
}

/**
 * Buttons of a dialog close it with their value. Not by `method=dialog`: the page's policy forbids forms
 * to be sent, and a browser that takes this for one would do nothing.
 */
export function wireDialogs(): void {
  for (const dialog of document.querySelectorAll('dialog')) {
    dialog.addEventListener('click', ({ target }) => {
      const button = target instanceof Element ? target.closest('button[value]') : null;
      if (button instanceof HTMLButtonElement && button.type === 'button') {
        dialog.close(button.value);
      }
    });
    dialog.querySelector('form')?.addEventListener('submit', (event) => {
      event.preventDefault();
      dialog.close('confirm');
    });
  }
}
