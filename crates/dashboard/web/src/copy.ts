// A button that copies what stands in a block.

/** Gives every block of `pre.copy` its button. */
export function copies(): void {
  for (const block of document.querySelectorAll<HTMLElement>('pre.copy')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'btn copies';
    button.textContent = 'Copy';
    button.addEventListener('click', () => {
      navigator.clipboard.writeText(block.textContent ?? '').then(
        () => (button.textContent = 'Copied'),
        () => getSelection()?.selectAllChildren(block),
      );
    });
    block.after(button);
  }
}
