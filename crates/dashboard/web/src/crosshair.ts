// A line through the charts of a page with the values at it, by pointer or arrow keys, and a stretch of it to zoom into. All of it is
// read from the drawings' own markup: each bucket is a rectangle of class `hit` with its values as title and its first day.

import { zoomed } from './zoom';

interface Drawing {
  svg: SVGSVGElement;
  hits: SVGRectElement[];
  texts: string[];
  line: SVGLineElement;
  tip: HTMLElement;
  at: number;
}

const SVG = 'http://www.w3.org/2000/svg';
const drawings: Drawing[] = [];
let spoken: HTMLElement | undefined;

/** Prepares the drawings within a part of the page. */
export function crosshairs(part: ParentNode): void {
  for (let index = drawings.length - 1; index >= 0; index--) {
    if (!drawings[index]?.svg.isConnected) drawings.splice(index, 1);
  }
  for (const svg of part.querySelectorAll<SVGSVGElement>('svg.chart')) prepare(svg);
}

function prepare(svg: SVGSVGElement): void {
  const hits = [...svg.querySelectorAll<SVGRectElement>('.hit')];
  const place = svg.parentElement;
  if (hits.length < 2 || !place) return;
  const texts = hits.map((hit) => {
    // The browser's own hint would stand over ours.
    const title = hit.querySelector('title');
    title?.remove();
    return title?.textContent ?? '';
  });
  const line = document.createElementNS(SVG, 'line');
  line.setAttribute('class', 'cross');
  line.setAttribute('y1', '0');
  line.setAttribute('y2', hits[0]?.getAttribute('height') ?? '0');
  svg.append(line);
  const tip = document.createElement('div');
  tip.className = 'tip';
  tip.hidden = true;
  tip.setAttribute('aria-hidden', 'true');
  place.classList.add('crossed');
  place.append(tip);
  const drawing: Drawing = { svg, hits, texts, line, tip, at: -1 };
  drawings.push(drawing);
  svg.setAttribute('tabindex', '0');

  svg.addEventListener('pointermove', (event) => show(slotOf(drawing, event)));
  svg.addEventListener('pointerleave', () => show(undefined));
  svg.addEventListener('blur', () => show(undefined));
  svg.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === 'Escape') show(undefined);
    if (!step) return;
    event.preventDefault();
    const from = drawing.at < 0 ? (step > 0 ? -1 : hits.length) : drawing.at;
    const at = Math.min(hits.length - 1, Math.max(0, from + step));
    show({ drawing, at });
    announce(texts[at] ?? '');
  });
  zoomed(svg, hits, (event) => slotOf(drawing, event).at);
}

interface Slot {
  drawing: Drawing;
  at: number;
}

function slotOf(drawing: Drawing, event: PointerEvent): Slot {
  const box = drawing.svg.getBoundingClientRect();
  const share = (event.clientX - box.left) / Math.max(1, box.width);
  const at = Math.floor(share * drawing.hits.length);
  return { drawing, at: Math.min(drawing.hits.length - 1, Math.max(0, at)) };
}

/** Shows a slot in its drawing and in all that have the same buckets, or none. */
function show(slot: Slot | undefined): void {
  for (const one of drawings) {
    const isSame = slot && (one === slot.drawing || alike(one, slot.drawing));
    one.at = isSame ? slot.at : -1;
    one.svg.classList.toggle('crossing', one.at >= 0);
    one.tip.hidden = one.at < 0;
    if (one.at >= 0) point(one);
  }
}

function alike(one: Drawing, other: Drawing): boolean {
  const day = (drawing: Drawing, at: number): string | undefined => drawing.hits[at]?.dataset['day'];
  const last = one.hits.length - 1;
  return one.hits.length === other.hits.length && day(one, 0) === day(other, 0) && day(one, last) === day(other, last);
}

function point(one: Drawing): void {
  const share = (one.at + 0.5) / one.hits.length;
  const x = `${share * 100}%`;
  one.line.setAttribute('x1', x);
  one.line.setAttribute('x2', x);
  const [head, ...values] = (one.texts[one.at] ?? '').split('\n');
  const title = document.createElement('b');
  title.textContent = head ?? '';
  one.tip.replaceChildren(
    title,
    ...values.map((value) => {
      const row = document.createElement('div');
      row.textContent = value.replace(/^: /, '');
      return row;
    }),
  );
  const box = one.svg.getBoundingClientRect();
  const place = one.tip.offsetParent?.getBoundingClientRect() ?? box;
  const middle = box.left - place.left + share * box.width;
  const isLeft = share > 0.5;
  one.tip.style.left = `${isLeft ? middle - 10 - one.tip.offsetWidth : middle + 10}px`;
  one.tip.style.top = `${box.top - place.top + 4}px`;
}

function announce(text: string): void {
  if (!spoken) {
    spoken = document.createElement('div');
    spoken.className = 'vh';
    spoken.setAttribute('aria-live', 'polite');
    document.querySelector('main')?.append(spoken);
  }
  spoken.textContent = text.replaceAll('\n', ', ').replace(', : ', ': ');
}
