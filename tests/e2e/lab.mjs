// Drives the notebook as a reader would, over the page's contract (docs: "The page's contract").
import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { PATIENCE, need } from './chromium.mjs';

export { PATIENCE, launch } from './chromium.mjs';

export const CELLS = [
  'setup',
  'data',
  'baseline',
  'quantize',
  'size',
  'inference',
  'accuracy',
  'visualize',
  'simulate',
  'explorer',
  'weights',
  'sizes',
  'reference',
  'full-integer',
  'interpreter',
  'inspect',
  'convert',
  'your-model',
  'camera',
  'sweep',
  'sensitivity',
  'calibrate',
  'arena',
  'troubleshoot',
  'rescue',
  'regression',
  'train',
  'ptq',
  'draw',
  'qat',
  'tradeoff',
  'pytorch',
];

export const url = need('OCTET_URL');
export const dist = need('OCTET_DIST');

// What a trace must hold for `mainThreadTasks`.
export const TRACED = ['-*', 'toplevel', '__metadata'];

// The milliseconds of processor time that each task of a page's main thread took, which do not depend on what else
// the machine does. Given what `tracing.stop` gives.
export function mainThreadTasks(trace) {
  const { traceEvents } = JSON.parse(new TextDecoder().decode(trace));
  const pages = traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  const threads = new Set(pages.map(({ pid, tid }) => `${pid} ${tid}`));
  return traceEvents
    .filter(({ name, pid, tid, tdur }) => /RunTask$/.test(name) && tdur && threads.has(`${pid} ${tid}`))
    .map(({ tdur }) => tdur / 1000);
}

// A page in a browser context of its own: no stored state, no cache of another test.
export class Lab {
  static async open(browser, options = {}) {
    const lab = new Lab();
    lab.address = options.url ?? url;
    lab.downloads = await mkdtemp(join(tmpdir(), 'octet-e2e-'));
    lab.context = await browser.createBrowserContext({
      downloadBehavior: { policy: 'allow', downloadPath: lab.downloads },
    });
    lab.page = await lab.context.newPage();
    await lab.page.setViewport(options.viewport ?? { width: 1200, height: 900 });
    lab.faults = [];
    lab.requests = [];
    lab.page.on('console', (message) => {
      if (message.type() === 'error') lab.faults.push(`console: ${message.text()} ${message.location().url ?? ''}`);
    });
    lab.page.on('pageerror', (error) => lab.faults.push(`uncaught: ${error}`));
    lab.page.on('request', (request) => lab.requests.push(request.url()));
    // What a worker asks for is told to its own session only.
    lab.page.on('workercreated', (worker) => {
      worker.client.on('Network.requestWillBeSent', ({ request }) => lab.requests.push(request.url));
      worker.client.send('Network.enable').catch(() => {});
    });
    if (options.prepare) await lab.page.evaluateOnNewDocument(options.prepare);
    await lab.page.goto(lab.address, { waitUntil: 'load', timeout: PATIENCE });
    await lab.ready(options.worker);
    return lab;
  }

  async close() {
    await this.context.close();
    await rm(this.downloads, { recursive: true, force: true });
  }

  // Waits until the page knows where it stands with its worker.
  async ready(worker = 'ready') {
    await this.wait((worker) => document.documentElement.dataset.worker === worker, worker);
  }

  async reload() {
    await this.page.reload({ waitUntil: 'load', timeout: PATIENCE });
    await this.ready();
  }

  // Waits until `condition`, run in the page, holds.
  wait(condition, ...values) {
    return this.page.waitForFunction(condition, { timeout: PATIENCE, polling: 50 }, ...values);
  }

  // Sets a parameter, whatever kind of control it is.
  async set(cell, name, value) {
    await this.page.evaluate(
      (cell, name, value) => {
        const controls = [...document.querySelectorAll(`section[data-cell="${cell}"] [name="${name}"]`)];
        if (controls.length === 0) throw new Error(`cell ${cell} has no parameter ${name}`);
        const control = controls[0].type === 'radio' ? controls.find((radio) => radio.value === value) : controls[0];
        if (!control) throw new Error(`parameter ${name} has no value ${value}`);
        if (control.type === 'radio') control.checked = true;
        else if (control.type === 'checkbox') control.checked = value === 'on';
        else control.value = value;
        control.dispatchEvent(new Event('input', { bubbles: true }));
        control.dispatchEvent(new Event('change', { bubbles: true }));
      },
      cell,
      name,
      String(value),
    );
  }

  // Sets what takes long to the least that shows everything.
  async hurry() {
    for (const [cell, name, value] of [
      ['setup', 'backend', 'flex'],
      ['inference', 'runs', 1],
      ['full-integer', 'samples', 4],
      ['full-integer', 'runs', 3],
      ['full-integer', 'burn_runs', 1],
      ['interpreter', 'runs', 2],
      ['sweep', 'crops', 4],
      ['sensitivity', 'crops', 0],
      ['calibrate', 'samples', 4],
      ['rescue', 'crops', 4],
      ['rescue', 'round', 'off'],
      ['rescue', 'mixed', 'off'],
      ['train', 'epochs', 1],
      ['ptq', 'seeds', 2],
      ['qat', 'epochs', 1],
      ['tradeoff', 'seeds', 1],
      ['tradeoff', 'epochs', 1],
      ['pytorch', 'size', 56],
      ['pytorch', 'samples', 2],
    ]) {
      await this.set(cell, name, value);
    }
  }

  // Runs a cell with these parameters; gives its report.
  async result(cell, parameters = {}) {
    for (const [name, value] of Object.entries(parameters)) await this.set(cell, name, value);
    assert.equal(await this.run(cell), 'done', await this.error(cell));
    return this.report(cell);
  }

  // Does what makes a cell run, and waits until it has run, or failed.
  async runBy(cell, act) {
    const count = await this.text(cell, '[data-count]');
    await act();
    await this.wait(
      (cell, count) => {
        const section = document.querySelector(`section[data-cell="${cell}"]`);
        return section.dataset.state === 'error' || (section.dataset.state === 'done' && section.querySelector('[data-count]').textContent !== count);
      },
      cell,
      count,
    );
    assert.equal(await this.state(cell), 'done', await this.error(cell));
  }

  get(cell, name) {
    return this.page.evaluate(
      (cell, name) => {
        const controls = [...document.querySelectorAll(`section[data-cell="${cell}"] [name="${name}"]`)];
        const control = controls.find((control) => control.type !== 'radio' || control.checked) ?? {};
        if (control.type === 'checkbox') return control.checked ? 'on' : 'off';
        return control.value;
      },
      cell,
      name,
    );
  }

  // Presses a cell's Run and waits for the run to end; gives the state it ended in.
  run(cell) {
    return this.page.evaluate(
      (cell) =>
        new Promise((resolve) => {
          const section = document.querySelector(`section[data-cell="${cell}"]`);
          let started = false;
          const observer = new MutationObserver((records) => {
            started ||= records.some(({ oldValue }) => oldValue === 'queued' || oldValue === 'running');
            const { state } = section.dataset;
            if (started && state !== 'queued' && state !== 'running') {
              observer.disconnect();
              resolve(state);
            }
          });
          observer.observe(section, { attributeFilter: ['data-state'], attributeOldValue: true });
          section.querySelector('button[data-action="run"]').click();
          // The page itself refuses parameters that no request can be made of.
          if (section.dataset.state === 'error') {
            observer.disconnect();
            resolve('error');
          }
        }),
      cell,
    );
  }

  // Presses Run all on a fresh page; gives the state of each cell when all have ended.
  async runAll() {
    await this.page.click('button[data-action="run-all"]');
    await this.wait((cells) => {
      const states = cells.map((cell) => document.querySelector(`section[data-cell="${cell}"]`).dataset.state);
      return states.every((state) => state === 'done') || states.includes('error');
    }, CELLS);
    return this.states();
  }

  async states() {
    const states = await this.page.$$eval('section[data-cell]', (sections) =>
      sections.map(({ dataset }) => [dataset.cell, dataset.state]),
    );
    return Object.fromEntries(states);
  }

  async state(cell) {
    return (await this.states())[cell];
  }

  // The last report of a cell.
  async report(cell) {
    return JSON.parse(await this.text(cell, 'script[type="application/json"][data-report]'));
  }

  output(cell) {
    return this.text(cell, 'output[data-output]');
  }

  error(cell) {
    return this.text(cell, '[data-error]');
  }

  async text(cell, selector) {
    return this.page.$eval(`section[data-cell="${cell}"] ${selector}`, (element) => element.textContent.trim());
  }

  // Waits for a cell to show an error, and gives it.
  async waitForError(cell) {
    await this.wait((cell) => {
      const element = document.querySelector(`section[data-cell="${cell}"] [data-error]`);
      return element && element.textContent.trim() !== '' && element.checkVisibility();
    }, cell);
    return this.error(cell);
  }

  async addPhoto(path) {
    const input = await this.page.$('input[type=file][name="photos"]');
    await input.uploadFile(path);
  }

  async photos() {
    return (await this.report('data')).photos;
  }

  waitForPhotos(count) {
    return this.wait((count) => {
      const script = document.querySelector('section[data-cell="data"] script[data-report]');
      return script?.textContent && JSON.parse(script.textContent).photos.length === count;
    }, count);
  }

  // Clicks what `selector` names and gives the file that the browser saves.
  async download(selector) {
    const before = new Set(await readdir(this.downloads));
    await this.page.$eval(selector, (element) => element.click());
    // Chromium writes to a file of another name at first.
    const isDone = (name) => !name.startsWith('.') && !name.endsWith('.crdownload');
    for (const start = Date.now(); Date.now() - start < PATIENCE; ) {
      // A frame that asks for more than ten downloads in a second loses the others without a word.
      await new Promise((next) => setTimeout(next, 150));
      const name = (await readdir(this.downloads)).find((name) => !before.has(name) && isDone(name));
      if (name) return { name, bytes: await readFile(join(this.downloads, name)) };
    }
    throw new Error(`${selector}: nothing was saved`);
  }
}
