// Looks at the pages of a running server as people do: in Chromium, in both themes and four languages, at several widths, by keyboard and by pointer.
//
//   URL=http://127.0.0.1:8088 KEY=… ADMIN=… SHARE=/s/… PROJECT=golden RANGE=2026-03-23..2026-03-29 node test/pages.mjs
//
// Prints what is wrong, a line each, and ends with 1 if anything is.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const { URL: server, KEY: key, ADMIN: admin, SHARE: share, PROJECT: project, RANGE: range, CHROMIUM: program = '/usr/bin/chromium' } = process.env;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const NEW = ['explore', 'explore?metric=messages_total&by=role&shape=line', 'explore?shape=heatmap', 'explore?metric=nonsense', 'health', 'live', 'live?tv=1', share];
/** What administrators alone see. */
const MANAGED = [`/p/${project}/settings`, '/admin'];
const ALL = ['overview', 'conversations', 'users', 'engagement', 'chatbot', 'handover', 'feedback', 'clicks', 'contact-center', 'agents', 'cost', 'metrics', ...NEW];
const WIDTHS = [1440, 768, 390];
const PATIENCE_MS = 20_000;

let wrong = 0;
function check(isRight, says) {
  if (isRight) return;
  wrong += 1;
  console.log(says);
}

function address(page) {
  if (page.startsWith('/')) return `${server}${page}`;
  const [name, query] = page.split('?');
  return `${server}/p/${project}/${name}?r=${range}${query ? `&${query}` : ''}`;
}

/** A window that is signed in, of which every complaint counts. */
async function signedIn(browser, options, by = key) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  page.on('console', (message) => check(!['error', 'warning'].includes(message.type()), `${page.url()}: console: ${message.text()}`));
  page.on('pageerror', (error) => check(false, `${page.url()}: ${error.message}`));
  await page.goto(`${server}/sign-in`);
  await page.fill('input[name=key]', by);
  await Promise.all([page.waitForURL('**/overview*'), page.press('input[name=key]', 'Enter')]);
  return page;
}

/** Pages in a theme; what axe-core says of them does not depend on it but for contrast. */
async function looks(browser, colorScheme, pages, rules, by = key) {
  const page = await signedIn(browser, { colorScheme }, by);
  for (const name of pages) {
    const answer = await page.goto(address(name));
    check(answer.status() === 200, `${name}: status ${answer.status()}`);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 1000 });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      check(over <= 0, `${name}, ${colorScheme}, ${width} px: ${over} px too wide`);
    }
    await page.setViewportSize({ width: 1440, height: 1000 });
    await page.evaluate(axe);
    const found = await page.evaluate(async (rules) => {
      const { violations } = await globalThis.axe.run(rules);
      return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(', ')}`);
    }, rules);
    for (const one of found) check(false, `${name}, ${colorScheme}: ${one}`);
  }
  await page.context().close();
}

const light = (browser) => looks(browser, 'light', ALL, {});
const managed = (browser) => looks(browser, 'light', MANAGED, {}, admin);
const dark = (browser) => looks(browser, 'dark', NEW, { runOnly: ['color-contrast'] });

/** Drawings as files are whole without the page's stylesheet. */
async function drawings(browser) {
  const page = await signedIn(browser, {});
  for (const name of ['overview/daily', 'overview/hours', 'overview/countries', 'contact-center/outcomes']) {
    const wrong = await page.evaluate(async (path) => {
      const answer = await fetch(path);
      const text = await answer.text();
      // The policy of this page is not that of the file: its rules are read as text.
      const root = new DOMParser().parseFromString(text.replace(/<style>[^<]*<\/style>/, ''), 'image/svg+xml');
      if (answer.status !== 200 || root.querySelector('parsererror')) return `status ${answer.status}: ${root.documentElement.textContent.slice(0, 300)}`;
      if (root.documentElement.querySelectorAll('svg svg').length < 1) return 'nothing is drawn';
      return /var\(|light-dark|<script/.test(text) ? 'it leans on the page' : '';
    }, address(`${name}.svg`));
    check(wrong === '', `${name}.svg: ${wrong}`);
  }
  await page.context().close();
}

async function keyboard(browser) {
  const page = await signedIn(browser, {});
  const at = (part) => page.waitForURL((url) => url.href.includes(part)).catch(() => check(false, `the keyboard did not lead to ${part} but to ${page.url()}`));
  await page.goto(address('overview'));
  await page.keyboard.press('?');
  check(await page.isVisible('dialog.help'), 'the help is not shown');
  await page.keyboard.press('Escape');
  check(!(await page.isVisible('dialog.help')), 'the help stays');
  await page.keyboard.press('t');
  await at('v=table');
  await page.keyboard.press('t');
  await page.waitForURL((url) => !url.href.includes('v=table'));
  await page.keyboard.press('[');
  await at('r=2026-03-16..2026-03-22');
  await page.keyboard.press('d');
  await at('r=today');
  await page.keyboard.press('f');
  check(await page.evaluate(() => document.activeElement?.getAttribute('name') === 'fd'), 'no filter is begun');
  await page.keyboard.press('x');
  check(page.url().includes('r=today'), 'a letter that is typed into a form is a key');
  await page.goto(`${address('overview')}&f=channel:is:web`);
  await page.keyboard.press('x');
  await page.waitForURL((url) => !url.href.includes('f='));
  await page.keyboard.press('g');
  await page.keyboard.press('c');
  await at('/conversations');
  await page.keyboard.press('/');
  check(await page.evaluate(() => document.activeElement?.getAttribute('type') === 'search'), 'nothing is searched');
  await page.goto(address('overview'));
  const chart = page.locator('svg.chart[tabindex]').first();
  await chart.focus();
  await page.keyboard.press('ArrowRight');
  check((await page.locator('.tip:not([hidden])').first().textContent())?.includes('Mon'), 'the first day has no read-out');
  const box = await chart.boundingBox();
  await page.mouse.move(box.x + box.width * 0.2, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 4 });
  await page.mouse.up();
  await at('r=2026-03-24..2026-03-26');
  await page.context().close();
}

/** Pages in the languages that say the most with the most letters, down to the narrowest window. */
async function inLanguages(browser, pages, by) {
  const page = await signedIn(browser, {}, by);
  for (const language of ['es', 'it', 'pt']) {
    await page.context().addCookies([{ name: 'rapport_language', value: language, url: server }]);
    for (const name of pages) {
      await page.goto(address(name));
      check((await page.getAttribute('html', 'lang')) === language, `${name}: not in ${language}`);
      for (const width of [...WIDTHS, 320]) {
        await page.setViewportSize({ width, height: 1000 });
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        check(over <= 0, `${name}, ${language}, ${width} px: ${over} px too wide`);
      }
    }
  }
  return page;
}

async function languages(browser) {
  const managed = await inLanguages(browser, MANAGED, admin);
  await managed.context().close();
  const page = await inLanguages(browser, ALL, key);
  await page.goto(address('overview'));
  await page.keyboard.press('?');
  check((await page.textContent('dialog.help h2')) === 'Teclado', 'the help is not in the language of the page');
  await page.keyboard.press('Escape');
  await page.click('.languages summary');
  await Promise.all([page.waitForURL('**/overview*'), page.click('.languages button[value=it]')]);
  check((await page.getAttribute('html', 'lang')) === 'it', 'a language cannot be chosen');
  const drawn = await page.evaluate(async (path) => (await fetch(path)).text(), address('overview/hours.svg'));
  check(drawn.includes('lang="it"') && drawn.includes('>Meno<') && !drawn.includes('Fewer'), 'a drawing is not in the language of its page');
  await page.context().close();
}

async function live(browser) {
  const page = await signedIn(browser, {});
  await page.goto(address('live'));
  const event = { event_id: `b-${Date.now()}`, event: 'widget.opened', conversation_id: 'browser', timestamp: new Date().toISOString(), data: {} };
  const sent = await fetch(`${server}/v1/batch`, {
    method: 'POST', headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' }, body: JSON.stringify([event]),
  });
  check(sent.status === 200, `the event was not taken: ${sent.status}`);
  await page.locator('#live-latest').getByText('widget.opened').first().waitFor().catch(() => check(false, 'an event that was sent does not come to the live page'));
  check(/^Updated \d+ s ago$/.test((await page.textContent('#live-badge')) ?? ''), 'the badge does not say when it was updated');
  await page.keyboard.press('.');
  check((await page.textContent('#live-badge')) === 'Live updates are off', 'live updates cannot be switched off');
  await page.context().close();
}

async function withoutScripts(browser) {
  const page = await signedIn(browser, { javaScriptEnabled: false });
  await page.goto(address('explore'));
  await page.selectOption('select[name=metric]', 'conversations_started');
  await page.selectOption('select[name=shape]', 'table');
  await Promise.all([page.waitForURL('**shape=table**'), page.click('.build button')]);
  check((await page.locator('#answer tbody tr').count()) > 0, 'without scripts nothing can be explored');
  await page.context().close();
}

const browser = await chromium.launch({
  executablePath: program,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
async function inTurn(parts) {
  for (const part of parts) {
    const started = Date.now();
    await part(browser);
    console.error(`${part.name}: ${Date.now() - started} ms`);
  }
}

try {
  // Half of the time a page waits for the server.
  await Promise.all([inTurn([light]), inTurn([dark, managed, drawings, keyboard, live, withoutScripts, languages])]);
} finally {
  await browser.close();
}
process.exit(wrong > 0 ? 1 : 0);
