// The ladder: int8 with one scale a tensor destroys MobileNetV2, and the repairs bring it back.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';

import { Lab } from '../lab.mjs';

const CELL = 'section[data-cell="rescue"]';
const TICKS = ['naive', 'equalize', 'absorb', 'correct', 'round', 'per_channel', 'repaired', 'mixed', 'mixed_repaired'];

export default function (browser) {
  let lab;
  before(async () => {
    lab = await Lab.open(browser());
    await lab.set('setup', 'backend', 'flex');
    assert.equal(await lab.run('baseline'), 'done', await lab.error('baseline'));
  });
  after(() => lab.close());

  async function climb(ticked, more = {}) {
    for (const name of TICKS) await lab.set('rescue', name, ticked.includes(name) ? 'on' : 'off');
    return lab.result('rescue', more);
  }

  it('brings MobileNetV2 back with its defaults', async () => {
    const begin = Date.now();
    assert.equal(await lab.run('rescue'), 'done', await lab.error('rescue'));
    const seconds = (Date.now() - begin) / 1000;
    const { rungs, photos, crops, channels } = await lab.report('rescue');
    assert.deepEqual(rungs.map(({ form }) => [form.per_channel, form.repairs.length, form.budget_percent]), [[false, 0, null], [false, 1, null], [false, 2, null], [false, 3, null], [false, 4, null], [true, 0, null], [true, 0, 60]]);
    const same = rungs.map(({ measured }) => (measured.same_photos + measured.same_crops) / (photos + crops));
    const db = rungs.map(({ measured }) => measured.sqnr_db);
    assert.ok(same[0] <= 0.05, `naive ${same[0]}`);
    assert.ok(same.slice(1).every((share) => share >= 0.4), same.join());
    assert.ok(db.slice(1).every((value) => value > db[0] + 5), db.join());
    assert.ok(channels.is_widest && channels.after.range_used > 1.5 * channels.before.range_used);
    const bytes = rungs.map(({ measured }) => measured.file_bytes);
    for (const size of bytes.slice(0, -1)) assert.ok(size > 3e6 && size < 4.2e6, bytes.join());
    // At most 60 % of what 8 bits would take, and biases and scales besides.
    assert.ok(bytes.at(-1) > 2e6 && bytes.at(-1) < 2.6e6, bytes.join());
    console.log(`${seconds.toFixed(1)} s; same class ${same.map((share) => share.toFixed(2)).join(', ')}; SQNR ${db.map((value) => value.toFixed(1)).join(', ')} dB; made in ${rungs.map(({ made_ms: ms }) => (ms / 1000).toFixed(2)).join(', ')} s; runs ${rungs.map(({ measured }) => measured.run_ms.toFixed(1)).join(', ')} ms`);
  });

  it('puts the paper’s figures beside its own, and says whose they are', async () => {
    const table = await lab.text('rescue', 'table');
    for (const figure of ['71.72', '0.12', '71.19', 'Nagel et al. 2019']) assert.ok(table.includes(figure), figure);
    const rows = await lab.page.$$eval(`${CELL} .results > .scroll tbody tr`, (rows) => rows.map((row) => row.lastElementChild.textContent));
    assert.equal(rows.length, 8);
    assert.match(rows[2], /ReLU in place of ReLU6: \d+ ReLU6\. Equalized: 37 layers/);
    assert.match(rows[4], /Corrected: \d+/);
    assert.match(rows[5], /Rounding learned: 53 layers/);
    assert.match(rows[7], /Bits chosen: .* of 53 layers; weights take [\d.]+ MB/);
  });

  it('takes rungs in any combination', async () => {
    const forms = ({ rungs }) => rungs.map(({ form }) => `${form.per_channel ? 'channel' : 'tensor'} ${form.repairs.join('+')}`);
    assert.deepEqual(forms(await climb(['correct', 'repaired'], { crops: 4 })), ['tensor correct', 'channel correct']);
    assert.deepEqual(forms(await climb(['naive', 'equalize', 'correct'])), ['tensor ', 'tensor equalize', 'tensor equalize+correct']);
    const report = await climb(['per_channel'], { crops: 0 });
    assert.deepEqual(forms(report), ['channel ']);
    assert.equal(report.crops, 0);
    assert.match(await lab.output('rescue'), /4 photos and 0 crops/);
  });

  it('shows the layer that is asked for, and says why where it stays as it is', async () => {
    const [first] = (await lab.report('baseline')).layer_names;
    const report = await climb(['naive'], { layer: first });
    assert.equal(report.channels.layer, first);
    assert.equal(report.channels.before.ranges.length, 32);
    const last = (await lab.report('baseline')).layer_names.at(-1);
    const { channels } = await climb(['naive'], { layer: last });
    assert.ok(channels.after !== null || channels.why_not !== '');
    await lab.set('rescue', 'layer', '');
  });

  it('says in the row what a pass could not do', async () => {
    await lab.set('baseline', 'model', 'efficientnet_lite0');
    const report = await climb(['naive', 'equalize', 'absorb', 'correct', 'per_channel'], { crops: 4 });
    const rows = await lab.page.$$eval(`${CELL} .results > .scroll tbody tr`, (rows) => rows.map((row) => row.lastElementChild.textContent));
    assert.match(rows[2], /ReLU6: nothing\. \d+ ReLU6 stay, the first is operator \d+ .*expected to reach/);
    assert.doesNotMatch(await lab.text('rescue', 'table'), /71\.19/);
    const shares = report.rungs.map(({ measured }) => measured.same_photos + measured.same_crops);
    assert.ok(shares.every((count) => count >= 4), shares.join());
    await lab.set('baseline', 'model', 'mobilenet_v2');
  });

  it('refuses a ladder without rungs, and too many crops', async () => {
    for (const name of TICKS) await lab.set('rescue', name, 'off');
    assert.equal(await lab.run('rescue'), 'error');
    assert.match(await lab.error('rescue'), /without rungs.*Tick at least one/);
    await lab.set('rescue', 'repaired', 'on');
    assert.equal(await lab.run('rescue'), 'error');
    assert.match(await lab.error('rescue'), /nothing to repair with/);
    await lab.set('rescue', 'repaired', 'off');
    for (const budget of [0, 101, 'half']) {
      await lab.set('rescue', 'mixed', 'on');
      await lab.set('rescue', 'budget', budget);
      assert.equal(await lab.run('rescue'), 'error');
      assert.match(await lab.error('rescue'), /budget/);
    }
    await lab.set('rescue', 'budget', 60);
    await lab.set('rescue', 'mixed', 'off');
    await lab.set('rescue', 'naive', 'on');
    for (const crops of [501, 'many', -1]) {
      await lab.set('rescue', 'crops', crops);
      assert.equal(await lab.run('rescue'), 'error');
      assert.match(await lab.error('rescue'), /crops/);
    }
    await lab.set('rescue', 'crops', 4);
  });

  it('says that a budget is too small before it measures anything', async () => {
    const { rungs } = await climb(['naive', 'mixed'], { budget: 20, crops: 0 });
    assert.equal(rungs[1].measured, null);
    const row = await lab.page.$eval(`${CELL} .results > .scroll tbody tr:last-child`, (row) => row.textContent);
    assert.match(row, /budget of [\d,]+ bytes is below the smallest possible size/);
    await lab.set('rescue', 'budget', 60);
  });

  it('stops on Cancel while it learns', async () => {
    for (const name of TICKS) await lab.set('rescue', name, name === 'round' ? 'on' : 'off');
    const ended = lab.run('rescue');
    await lab.wait((cell) => /learning to round, [1-9]/.test(document.querySelector(cell).textContent), CELL);
    await lab.page.click(`${CELL} button[data-action="cancel"]`);
    assert.notEqual(await ended, 'done');
  });

  it('stops on Cancel and goes on afterwards', async () => {
    await lab.set('rescue', 'naive', 'on');
    await lab.set('rescue', 'round', 'off');
    await lab.set('rescue', 'crops', 500);
    const ended = lab.run('rescue');
    await lab.wait((cell) => document.querySelector(cell).dataset.state === 'running', CELL);
    await lab.page.click(`${CELL} button[data-action="cancel"]`);
    assert.notEqual(await ended, 'done');
    await climb(['naive'], { crops: 1 });
  });

  it('remembers what is ticked, and is worked by keyboard', async () => {
    await lab.set('rescue', 'naive', 'off');
    await lab.reload();
    assert.equal(await lab.get('rescue', 'naive'), 'off');
    await lab.page.focus(`${CELL} input[name="naive"]`);
    await lab.page.keyboard.press('Space');
    assert.equal(await lab.get('rescue', 'naive'), 'on');
    assert.equal(await lab.get('rescue', 'repaired'), 'off');
  });

  it('logs no errors', () => assert.deepEqual(lab.faults, []));
}
