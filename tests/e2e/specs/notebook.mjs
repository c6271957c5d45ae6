// The notebook from top to bottom, as it is and as it must be: quiet and local. How long it holds the page's thread is
// measured by `cargo xtask bench`.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';

import { CELLS, Lab } from '../lab.mjs';

export default function (browser) {
  let lab;
  before(async () => {
    lab = await Lab.open(browser());
    await lab.hurry();
  });
  after(() => lab.close());

  it('has its cells, in order', async () => {
    const cells = await lab.page.$$eval('section[data-cell]', (sections) => sections.map(({ dataset }) => dataset.cell));
    assert.deepEqual(cells, CELLS);
  });

  it('runs them all', async () => {
    const states = await lab.runAll();
    assert.deepEqual(states, Object.fromEntries(CELLS.map((cell) => [cell, 'done'])), await errors(lab));
  });

  it('keeps a report and an output for each', async () => {
    for (const cell of CELLS) {
      assert.equal((await lab.report(cell)).cell, cell.replace('-', '_'));
      assert.notEqual(await lab.output(cell), '', `${cell} printed nothing`);
      assert.equal(await lab.error(cell), '');
    }
    assert.deepEqual((await lab.report('data')).batch_shape, [4, 224, 224, 3]);
  });

  it('prints the degradation report in its form', async () => {
    const lines = (await lab.output('accuracy')).split('\n').filter((line) => line.trim().startsWith('Img '));
    const { rows } = await lab.report('accuracy');
    assert.equal(lines.length, rows.length);
    rows.forEach((row, index) => {
      const form = /^Img (\d+): {2}(MATCH|FLIP ) {2}\| Conf Drift: (-?\d\.\d{4}) \| MSE: (\d\.\d{6})$/;
      const found = form.exec(lines[index].trim());
      assert.ok(found, `not in the form: ${lines[index]}`);
      assert.equal(Number(found[1]), index);
      assert.equal(found[2].trim() === 'MATCH', row.is_match);
      assert.ok(Math.abs(Number(found[3]) - row.confidence_drift) <= 0.00005 + 1e-9);
      assert.ok(Math.abs(Number(found[4]) - row.mse) <= 0.0000005 + 1e-12);
    });
  });

  it('asks no other host for anything', () => {
    assert.ok(lab.requests.some((address) => address.endsWith('.safetensors')), 'the requests of the worker are not seen');
    const origin = new URL(lab.address).origin;
    const foreign = lab.requests.filter((address) => !/^(blob|data):/.test(address) && new URL(address).origin !== origin);
    assert.deepEqual(foreign, []);
  });

  it('logs no errors', () => assert.deepEqual(lab.faults, []));

  it('runs a cell on Shift+Enter', async () => {
    await lab.page.focus('section[data-cell="size"] button[data-action="run"]');
    const before = await runs(lab, 'size');
    await lab.page.keyboard.down('Shift');
    await lab.page.keyboard.press('Enter');
    await lab.page.keyboard.up('Shift');
    await lab.wait((text) => document.querySelector('section[data-cell="size"]').innerText.match(/\[\d+\]/)?.[0] !== text, before);
    await lab.wait(() => document.querySelector('section[data-cell="size"]').dataset.state === 'done');
  });

  it('starts anew on Reset', async () => {
    await lab.page.click('button[data-action="reset"]');
    await lab.page.click('button[data-action="confirm-reset"]');
    await lab.wait(() => [...document.querySelectorAll('section[data-cell]')].every(({ dataset }) => dataset.state === 'idle'));
    for (const cell of CELLS) assert.equal(await lab.output(cell), '');
  });
}

// A cell's run counter, as it is shown.
function runs(lab, cell) {
  return lab.page.$eval(`section[data-cell="${cell}"]`, (section) => section.innerText.match(/\[\d+\]/)?.[0]);
}

async function errors(lab) {
  const all = await Promise.all(CELLS.map(async (cell) => `${cell}: ${await lab.error(cell)}`));
  return all.filter((line) => !line.endsWith(': ')).join('; ');
}
