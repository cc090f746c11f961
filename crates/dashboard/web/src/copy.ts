// A button that copies what stands in a block.

import { say } from './say';

/** Gives every block of `pre.copy` its button. */
export function copies(): void {
  for (const block of document.querySelectorAll<HTMLElement>('pre.copy')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'btn copies';
    button.textContent = say('copy');
    button.addEventListener('click', () => {
      navigator.clipboard.writeText(block.textContent ?? '').then(
        () => (button.textContent = say('copied')),
        () => getSelection()?.selectAllChildren(block),
      );
    });
    block.after(button);
  }
}
