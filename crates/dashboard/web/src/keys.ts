// The keyboard: one letter each, never while something is being typed. Every key does what a link or button of the page does, and what
// the page does not have, the key does not do.

import type { Board } from './live';
import { say } from './say';

const OFF = 'rapport-keys-off';

interface Key {
  key: string;
  says: string;
  act: () => void;
}

const one = <T extends Element>(selector: string): T | null => document.querySelector<T>(selector);
const click = (selector: string): void => one<HTMLElement>(selector)?.click();

/** Opens a menu and goes into it. */
function open(selector: string): void {
  const menu = one<HTMLDetailsElement>(selector);
  if (!menu) return;
  menu.open = true;
  menu.querySelector<HTMLElement>('a, input:not([type=hidden]), select')?.focus();
}

/** Goes to the page in another state. */
function go(change: (state: URLSearchParams) => void): void {
  const address = new URL(location.href);
  change(address.searchParams);
  location.assign(address);
}

function page(name: string): string {
  return `nav a[href*="/${name}?"], nav a[href$="/${name}"]`;
}

function known(board: Board | undefined): Key[] {
  const keys: [string, string, string | null, () => void][] = [
    ['/', say('search'), '', () => (one<HTMLElement>('input[type=search]') ? one<HTMLElement>('input[type=search]')?.focus() : click(page('conversations')))],
    ['g o', say('overview'), page('overview'), () => click(page('overview'))],
    ['g c', say('conversations'), page('conversations'), () => click(page('conversations'))],
    ['g l', say('live'), page('live'), () => click(page('live'))],
    ['g r', say('reports'), page('reports'), () => click(page('reports'))],
    ['d', say('today'), '.presets', () => click('.presets a[href*="r=today"]')],
    ['w', say('thisWeek'), '.presets', () => click('.presets a[href*="r=wtd"]')],
    ['m', say('thisMonth'), '.presets', () => click('.presets a[href*="r=mtd"]')],
    ['[', say('earlier'), '.seg > a:first-child', () => click('.seg > a:first-child')],
    [']', say('later'), '.seg', () => click('.seg > a:last-child')],
    ['c', say('compare'), '.presets', () => open('.top .menu:not(.range)')],
    ['f', say('addFilter'), '.bar2 .menu', () => open('.bar2 .menu')],
    ['x', say('clearFilters'), '.bar2', () => go((state) => state.delete('f'))],
    ['t', say('tables'), '.tools', () => go((state) => (state.has('v') ? state.delete('v') : state.set('v', 'table'), state.delete('panel')))],
    ['e', say('export'), '.tools .menu', () => open('.panel:focus-within .tools .menu, .tools .menu')],
  ];
  if (board) keys.push(['.', say('liveToggle'), '', () => board.toggle()]);
  return keys.filter(([, , needs]) => !needs || one(needs)).map(([key, says, , act]) => ({ key, says, act }));
}

/** Listens to the keyboard. */
export function keys(board: Board | undefined): void {
  const all = known(board);
  let before = '';
  let help: HTMLDialogElement | undefined;
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
    if (event.key === 'Escape') return shut(event.target);
    if (event.key === '?') {
      event.preventDefault();
      help ??= dialog(all);
      if (!help.open) help.showModal();
      return;
    }
    if (help?.open || localStorage.getItem(OFF)) return;
    const typed = before === 'g' ? `g ${event.key}` : event.key;
    before = typed === 'g' ? 'g' : '';
    const found = all.find(({ key }) => key === typed);
    if (!found) return;
    event.preventDefault();
    found.act();
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input:not([type=checkbox]), textarea, select, [contenteditable]');
}

/** Shuts the menu that the focus is in. */
function shut(target: EventTarget | null): void {
  const menu = target instanceof Element ? target.closest('details.menu') : null;
  if (!(menu instanceof HTMLDetailsElement)) return;
  menu.open = false;
  menu.querySelector('summary')?.focus();
}

function dialog(all: Key[]): HTMLDialogElement {
  const box = document.createElement('dialog');
  box.className = 'help';
  box.setAttribute('aria-labelledby', 'help-title');
  const rows = all.map(({ key, says }) => `<dt>${key.split(' ').map((part) => `<kbd>${part}</kbd>`).join(' ')}</dt><dd>${says}</dd>`);
  box.innerHTML =
    `<h2 id="help-title">${say('keyboard')}</h2><dl>${rows.join('')}<dt><kbd>←</kbd> <kbd>→</kbd></dt><dd>${say('arrows')}</dd></dl>` +
    `<label><input type="checkbox"> ${say('singleKeys')}</label><form method="dialog"><button class="btn">${say('close')}</button></form>`;
  const isOn = box.querySelector('input');
  if (isOn) {
    isOn.checked = !localStorage.getItem(OFF);
    isOn.addEventListener('change', () => (isOn.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, '1')));
  }
  document.body.append(box);
  return box;
}
