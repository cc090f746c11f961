// Parts of the live page, swapped in as the server sends them again.

import { say } from './say';

/** How long a refused stream is left alone. */
const REFUSED_MS = 30_000;
const PARTS = ['now', 'minutes', 'agents', 'latest'] as const;

export interface Board {
  /** Stops the updates, or goes on with them. */
  toggle(): void;
  /** What is done to each part that was swapped in. */
  onSwap(done: (part: ParentNode) => void): void;
}

/** Follows the present on a page that shows it. */
export function live(): Board | undefined {
  const place = document.querySelector<HTMLElement>('#live[data-live]');
  const address = place?.dataset['live'];
  if (!place || !address) return undefined;

  const badge = document.getElementById('live-badge');
  const swapped: ((part: ParentNode) => void)[] = [];
  let source: EventSource | undefined;
  let heard = Date.now();
  let isOn = true;
  let again = 0;

  const tell = (): void => {
    if (!badge) return;
    const seconds = Math.round((Date.now() - heard) / 1000);
    badge.textContent = !isOn
      ? say('liveOff')
      : source?.readyState === EventSource.OPEN
        ? say('updated', seconds)
        : say('reconnecting', seconds);
  };

  const close = (): void => {
    clearTimeout(again);
    source?.close();
    source = undefined;
  };

  const open = (): void => {
    close();
    if (!isOn || document.hidden) return;
    source = new EventSource(address);
    for (const name of PARTS) {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        const part = document.getElementById(`live-${name}`);
        if (!part) return;
        // The server's own markup, escaped where it was made.
        part.innerHTML = event.data;
        for (const done of swapped) done(part);
      });
    }
    source.addEventListener('as-of', () => {
      heard = Date.now();
      tell();
    });
    source.onerror = () => {
      // A stream that breaks comes again by itself; one that was refused does not.
      if (source?.readyState === EventSource.CLOSED) again = window.setTimeout(open, REFUSED_MS);
      tell();
    };
  };

  document.addEventListener('visibilitychange', () => (document.hidden ? close() : open()));
  window.addEventListener('pagehide', close);
  window.addEventListener('pageshow', (event) => event.persisted && open());
  setInterval(tell, 1000);
  open();

  return {
    toggle(): void {
      isOn = !isOn;
      open();
      tell();
    },
    onSwap: (done) => void swapped.push(done),
  };
}
