// A stretch of a chart, drawn with the pointer, becomes the range of the page.

const DAY_MS = 24 * 60 * 60 * 1000;

/** Lets a stretch of the buckets be chosen; `slot` says in which one a pointer is. */
export function zoomed(svg: SVGSVGElement, hits: SVGRectElement[], slot: (event: PointerEvent) => number): void {
  // Without a range on the page there is nothing to zoom.
  if (!document.querySelector('.range input[name="last"]') || !hits[0]?.dataset['day']) return;
  let from = -1;
  const mark = (to: number): void =>
    hits.forEach((hit, at) => hit.classList.toggle('chosen', from >= 0 && between(at, from, to)));

  svg.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || event.pointerType === 'touch') return;
    event.preventDefault();
    svg.focus({ preventScroll: true });
    svg.setPointerCapture(event.pointerId);
    from = slot(event);
  });
  svg.addEventListener('pointermove', (event) => {
    if (from >= 0 && slot(event) !== from) mark(slot(event));
  });
  svg.addEventListener('pointercancel', () => mark((from = -1)));
  svg.addEventListener('pointerup', (event) => {
    const [start, to] = [from, slot(event)];
    mark((from = -1));
    if (start >= 0 && to !== start) go(hits, Math.min(start, to), Math.max(start, to));
  });
}

function between(at: number, one: number, other: number): boolean {
  return at >= Math.min(one, other) && at <= Math.max(one, other);
}

/** Shows the days from the first of one bucket to the last of another. */
function go(hits: SVGRectElement[], first: number, last: number): void {
  const from = hits[first]?.dataset['day'];
  const own = hits[last]?.dataset['day'];
  if (!from || !own) return;
  const next = hits[last + 1]?.dataset['day'];
  const end = next ? dayBefore(next) : document.querySelector<HTMLInputElement>('.range input[name="last"]')?.value;
  const to = end && end > own ? end : own;
  const address = new URL(location.href);
  address.searchParams.set('r', `${from}..${to}`);
  address.searchParams.delete('g');
  location.assign(address);
}

function dayBefore(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - DAY_MS).toISOString().slice(0, 10);
}
