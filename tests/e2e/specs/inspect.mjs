// The graph as a diagram: drawn, moved about, opened by pointer and by keyboard.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';

import { Lab } from '../lab.mjs';

const CELL = 'section[data-cell="inspect"]';

export default function (browser) {
  let lab;
  before(async () => {
    lab = await Lab.open(browser());
    await lab.set('setup', 'backend', 'flex');
    assert.equal(await lab.run('inspect'), 'done', await lab.error('inspect'));
  });
  after(() => lab.close());

  const focused = () => lab.page.evaluate(() => ({ ...document.activeElement.dataset }));
  const transform = () => lab.page.$eval(`${CELL} [data-diagram] > g`, (sheet) => sheet.getAttribute('transform'));

  // puppeteer focuses HTML elements alone.
  const enter = () => lab.page.$eval(`${CELL} .op[tabindex="0"]`, (box) => box.focus());

  // What is seen of an operator's box: whether its middle lies in the window.
  const isSeen = (graph, operator) =>
    lab.page.$eval(
      `${CELL} [data-diagram]`,
      (window, graph, operator) => {
        const box = window.querySelector(`[data-graph="${graph}"][data-operator="${operator}"]`).getBoundingClientRect();
        const frame = window.getBoundingClientRect();
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        return x > frame.left && x < frame.right && y > frame.top && y < frame.bottom;
      },
      graph,
      operator,
    );

  it('draws both graphs, box by box, with decibels at the integers', async () => {
    const report = await lab.report('inspect');
    assert.equal(report.graphs.length, 2);
    const count = report.graphs[0].operators.length;
    assert.ok(count > 60);
    const drawn = await lab.page.$$eval(`${CELL} .op`, (boxes) => boxes.map((box) => [box.dataset.graph, box.getAttribute('aria-label')]));
    assert.equal(drawn.length, 2 * count);
    assert.ok(drawn.every(([graph, words]) => (graph === '1') === /signal to noise \d+\.\d dB$/.test(words)));
    assert.equal((await lab.page.$$(`${CELL} .sqnr`)).length, count);
    assert.ok(report.graphs[1].operators.every(({ sqnr_db: db }) => db > 3 && db < 80));
    const output = await lab.output('inspect');
    assert.match(output, /300\.\d million multiply-adds/);
    assert.match(output, /graph “.*”: \d+ operators/);
    const rows = await lab.page.$$eval(`${CELL} .results details tbody`, (bodies) => bodies.map((body) => body.rows.length));
    assert.deepEqual(rows.slice(0, 2), [count, count]);
  });

  it('is one stop for the Tab key, and goes from operator to operator by arrow keys', async () => {
    assert.equal((await lab.page.$$(`${CELL} .op[tabindex="0"]`)).length, 1);
    await enter();
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowUp', 'ArrowDown']) await lab.page.keyboard.press(key);
    assert.deepEqual(await focused(), { graph: '0', operator: '2' });
    await lab.page.keyboard.press('ArrowRight');
    assert.deepEqual(await focused(), { graph: '1', operator: '2' });
    await lab.page.keyboard.press('End');
    const last = (await lab.report('inspect')).graphs[1].operators.length - 1;
    assert.deepEqual(await focused(), { graph: '1', operator: `${last}` });
    assert.ok(await isSeen(1, last));
    await lab.page.keyboard.press('Home');
    assert.ok(await isSeen(1, 0));
    assert.equal((await lab.page.$$(`${CELL} .op[tabindex="0"]`)).length, 1);
  });

  it('opens an operator by Enter, with its tensors and its weights counted', async () => {
    const { operators } = (await lab.report('inspect')).graphs[1];
    const convolution = operators.findIndex(({ name }) => name === 'CONV_2D');
    await enter();
    await lab.page.keyboard.press('Home');
    for (let i = 0; i < convolution; i++) await lab.page.keyboard.press('ArrowDown');
    await lab.page.keyboard.press('Enter');
    await lab.wait((cell) => document.querySelector(`${cell} canvas[data-chart="tensor"]`)?.width > 0, CELL);
    const details = await lab.text('inspect', '[data-details]');
    assert.match(details, /CONV_2D in full integer/);
    assert.match(details, /32 on axis 0/);
    assert.match(details, /int32/);
    assert.match(await lab.text('inspect', '[data-weights]'), /864 numbers in \[−127, 127\]/);
    // The bias, by its button.
    await lab.page.$$eval(`${CELL} [data-details] button`, (buttons) => buttons.at(-1).click());
    await lab.wait((cell) => /32 numbers/.test(document.querySelector(`${cell} [data-weights]`).textContent), CELL);
    assert.equal((await lab.page.$$(`${CELL} canvas[data-chart="tensor"]`)).length, 1);
  });

  it('opens an operator by a click, and moves when dragged', async () => {
    await lab.page.$$eval(`${CELL} .diagram .tools button`, (buttons) => buttons.find(({ textContent }) => textContent === 'From the top').click());
    // Sections that come into view for the first time change their height, and move what is below.
    await lab.page.$eval(`${CELL} [data-diagram]`, async (window) => {
      for (let last, calm = 0; calm < 20; await new Promise(requestAnimationFrame)) {
        window.scrollIntoView({ block: 'center', behavior: 'instant' });
        const { top } = window.getBoundingClientRect();
        calm = top === last ? calm + 1 : 0;
        last = top;
      }
    });
    const box = await (await lab.page.$(`${CELL} .op[data-graph="0"][data-operator="1"]`)).boundingBox();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    await lab.page.mouse.click(x, y);
    await lab.wait((cell) => document.querySelector(`${cell} [data-details] h3`)?.textContent.startsWith('1 '), CELL);
    assert.match(await lab.text('inspect', '[data-details] h3'), /in float32$/);
    const before = await transform();
    await lab.page.mouse.move(x, y);
    await lab.page.mouse.down();
    await lab.page.mouse.move(x, y - 60, { steps: 4 });
    await lab.page.mouse.up();
    await lab.wait((cell, before) => document.querySelector(`${cell} [data-diagram] > g`).getAttribute('transform') !== before, CELL, before);
    assert.match(await lab.text('inspect', '[data-details] h3'), /^1 /, 'a drag has opened something else');
  });

  it('enlarges by keys, buttons and the wheel with Ctrl; the wheel alone is the page’s', async () => {
    const scale = async () => Number(/scale\((.*)\)/.exec(await transform())[1]);
    const press = (words) => lab.page.$$eval(`${CELL} .diagram .tools button`, (buttons, words) => buttons.find(({ textContent }) => textContent === words).click(), words);
    await press('From the top');
    const first = await scale();
    await press('Larger');
    assert.ok((await scale()) > first);
    await enter();
    await lab.page.keyboard.press('-');
    assert.ok(Math.abs((await scale()) - first) < 0.01);
    await lab.page.keyboard.press('0');
    assert.ok((await scale()) < 0.2, 'the whole graph is seen');
    const { height, bottom, top } = await lab.page.$eval(`${CELL} [data-diagram] > g`, (sheet) => sheet.getBoundingClientRect().toJSON());
    assert.ok(height <= 600 && bottom > top);
    await press('From the top');
    await lab.page.$eval(':focus', (element) => element.blur());
    const wheel = (init) =>
      lab.page.$eval(`${CELL} [data-diagram]`, (window, init) => !window.dispatchEvent(new WheelEvent('wheel', { bubbles: true, cancelable: true, ...init })), init);
    assert.equal(await wheel({ deltaY: 100 }), false);
    assert.equal(await wheel({ deltaY: -100, ctrlKey: true }), true);
    assert.ok((await scale()) > first);
  });

  it('stays smooth: a step of a drag is drawn well within a frame', async () => {
    // No clock decides, only the work: a move sets one attribute and draws nothing anew.
    const changes = await lab.page.$eval(`${CELL} [data-diagram]`, async (window) => {
      const seen = [];
      const observer = new MutationObserver((records) => seen.push(...records.map(({ target, attributeName }) => `${target.tagName} ${attributeName}`)));
      observer.observe(window, { subtree: true, attributes: true, childList: true });
      window.dispatchEvent(new PointerEvent('pointerdown', { pointerId: 7, clientX: 100, clientY: 300, bubbles: true }));
      for (let i = 1; i <= 10; i++) window.dispatchEvent(new PointerEvent('pointermove', { pointerId: 7, clientX: 100, clientY: 300 - 5 * i, bubbles: true }));
      window.dispatchEvent(new PointerEvent('pointerup', { pointerId: 7, bubbles: true }));
      await new Promise((next) => setTimeout(next));
      return seen;
    });
    assert.ok(changes.length >= 1 && changes.length <= 10);
    assert.deepEqual([...new Set(changes)], ['g transform']);
  });

  it('holds the reader’s own model against its full-integer form', async () => {
    await lab.set('your-model', 'model', 'example');
    await lab.set('your-model', 'samples', 4);
    await lab.set('your-model', 'runs', 1);
    assert.equal(await lab.run('your-model'), 'done', await lab.error('your-model'));
    await lab.set('inspect', 'graph', 'yours');
    assert.equal(await lab.run('inspect'), 'done', await lab.error('inspect'));
    const { graphs } = await lab.report('inspect');
    assert.deepEqual(graphs.map(({ precision }) => precision), ['float32', 'full_integer']);
    assert.equal((await lab.page.$$(`${CELL} .sqnr`)).length, graphs[1].operators.length);
  });

  it('shows the other graphs, and has no errors to tell', async () => {
    for (const graph of ['dynamic_range', 'float32']) {
      await lab.set('inspect', 'graph', graph);
      assert.equal(await lab.run('inspect'), 'done', await lab.error('inspect'));
      const report = await lab.report('inspect');
      assert.equal(report.graphs.length, 1);
      assert.equal(report.graphs[0].precision, graph);
      assert.equal((await lab.page.$$(`${CELL} canvas[data-chart="sqnr"]`)).length, graph === 'float32' ? 0 : 1);
    }
    assert.deepEqual(lab.faults, []);
  });
}
