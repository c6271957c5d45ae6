// The trained digit network in four forms, and a digit drawn on the page.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';

import { Lab } from '../lab.mjs';

const DRAW = 'section[data-cell="draw"]';
const PAD = `${DRAW} [data-pad]`;

export default function (browser) {
  let lab;
  before(async () => {
    lab = await Lab.open(browser());
    await lab.set('setup', 'backend', 'flex');
    for (const [name, value] of [['epochs', 3], ['batch', 64]]) await lab.set('train', name, value);
  });
  after(() => lab.close());

  it('trains what it needs, and holds four forms against each other', async () => {
    assert.equal(await lab.run('ptq'), 'done', await lab.error('ptq'));
    assert.equal(await lab.state('train'), 'done');
    const { forms, calibrations } = await lab.report('ptq');
    assert.deepEqual(forms.map(({ kind }) => kind), ['float32', 'float16', 'dynamic_range', 'full_integer']);
    for (const form of forms) {
      assert.ok(form.same >= 490 && form.latency.mean_ms > 0, JSON.stringify(form));
      const { bytes } = await lab.download(`section[data-cell="ptq"] button[data-file="${form.file.file_name}"]`);
      assert.equal(bytes.length, form.file.bytes);
    }
    assert.ok(forms[3].file.bytes * 2.5 < forms[0].file.bytes);
    assert.deepEqual(calibrations.map(({ samples, correct }) => [samples, correct.length]), [[1, 5], [10, 5], [100, 5], [500, 1]]);
    console.log(forms.map(({ kind, correct, latency }) => `${kind} ${correct} right, ${(latency.mean_ms * 1000).toFixed(0)} µs`).join('; '));
    console.log(calibrations.map(({ samples, correct }) => `${samples}: ${correct.join(' ')}`).join('; '));
    const tables = await lab.page.$$eval('section[data-cell="ptq"] .results caption', (captions) => captions.map(({ textContent }) => textContent));
    assert.ok(tables.includes('Model comparison') && tables.some((caption) => /^Inference speed: 100 runs after 10 warm-ups/.test(caption)), tables.join());
  });

  it('refuses numbers of digits that there are not', async () => {
    for (const [name, value, good] of [['samples', 0, 100], ['samples', 501, 100], ['seeds', 21, 5]]) {
      await lab.set('ptq', name, value);
      assert.equal(await lab.run('ptq'), 'error', `${name} ${value}`);
      assert.match(await lab.error('ptq'), new RegExp(name));
      await lab.set('ptq', name, good);
    }
  });

  const verdict = () => lab.page.$eval(`${DRAW} [data-verdict]`, ({ textContent }) => textContent);
  const reads = (words) => lab.wait((selector, source) => new RegExp(source).test(document.querySelector(`${selector} [data-verdict]`).textContent), DRAW, words);

  it('reads what is drawn with the mouse, stroke by stroke', async () => {
    assert.equal(await lab.run('draw'), 'done', await lab.error('draw'));
    assert.equal(await verdict(), 'Draw a digit.');
    await lab.page.$eval(PAD, (pad) => pad.scrollIntoView({ block: 'center', behavior: 'instant' }));
    const { x, y, width, height } = await (await lab.page.$(PAD)).boundingBox();
    const at = (across, down) => [x + width * across, y + height * down];
    await lab.page.mouse.move(...at(0.5, 0.15));
    await lab.page.mouse.down();
    for (let step = 1; step <= 12; step += 1) await lab.page.mouse.move(...at(0.5, 0.15 + step * 0.06));
    await lab.page.mouse.up();
    await reads('All read 1');
    const rows = await lab.page.$$eval(`${DRAW} .results tbody tr`, (rows) => rows.map((row) => [...row.cells].map(({ textContent }) => textContent)));
    assert.equal(rows.length, 10);
    for (const figure of rows[1].slice(1)) assert.ok(Number(figure) > 50, rows[1].join());
    await lab.page.click(`${DRAW} button[data-pad-action="clear"]`);
    await reads('Draw a digit');
  });

  it('is drawn on by keyboard', async () => {
    await lab.page.focus(PAD);
    await lab.page.keyboard.press('Space');
    assert.match(await lab.page.$eval(`${DRAW} .pen`, ({ textContent }) => textContent), /Pen down/);
    for (let step = 0; step < 14; step += 1) await lab.page.keyboard.press('ArrowDown');
    await lab.page.keyboard.press('Space');
    await reads('All read 1');
    await lab.page.keyboard.press('Delete');
    await reads('Draw a digit');
  });

  it('shows test digits with their labels', async () => {
    for (let count = 0; count < 3; count += 1) await lab.page.click(`${DRAW} button[data-pad-action="test"]`);
    await reads('labelled \\d');
    const maps = await lab.page.$eval(`${DRAW} [data-maps]`, (canvas) => [canvas.width, canvas.height, canvas.getAttribute('aria-label')]);
    assert.deepEqual(maps.slice(0, 2), [16 * 14, 27]);
    assert.match(maps[2], /16 maps.*dB/);
  });

  it('logs no errors', () => assert.deepEqual(lab.faults, []));
}
