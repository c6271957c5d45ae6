// The network in integers: the same numbers from both workers and from all kernels; an interpreter used rightly
// and wrongly.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';

import { Lab, url } from '../lab.mjs';

const QUICK = { samples: 4, runs: 3, burn_runs: 0 };

export default function (browser) {
  // By the worker that each runs on.
  const labs = {};
  const reports = {};
  const hasDot = {};
  before(async () => {
    labs.relaxed_simd = await Lab.open(browser());
    labs.simd128 = await Lab.open(browser(), { url: `${url}?kernels=simd128` });
    for (const lab of Object.values(labs)) await lab.set('setup', 'backend', 'flex');
  });
  after(async () => {
    for (const lab of Object.values(labs)) await lab.close();
  });

  const run = (lab, cell, parameters) => lab.result(cell, parameters);

  for (const kernels of ['relaxed_simd', 'simd128']) {
    it(`runs in integers on the worker with ${kernels}`, async () => {
      const lab = labs[kernels];
      const file = kernels === 'simd128' ? /\/octet-worker_bg\.wasm$/ : /\/octet-worker_relaxed_bg\.wasm$/;
      const workers = lab.requests.filter((address) => /octet-worker.*\.wasm$/.test(address));
      assert.ok(workers.length > 0 && workers.every((address) => file.test(address)), workers.join());
      const report = await run(lab, 'full-integer', QUICK);
      // Where a processor's dot product does not keep all bits, the relaxed build uses plain vectors for integers.
      hasDot[kernels] = typeof report.kernels.dot === 'string';
      assert.equal(report.kernels.name, hasDot[kernels] ? 'relaxed_simd' : 'simd128');
      assert.ok(!hasDot.simd128);
      const [float32, dynamicRange, fullInteger] = report.rows;
      assert.deepEqual(
        report.rows.map(({ precision }) => precision),
        ['float32', 'dynamic_range', 'full_integer'],
      );
      assert.ok(float32.file_bytes / fullInteger.file_bytes > 3.3, `${fullInteger.file_bytes} bytes`);
      assert.ok(float32.arena_bytes / fullInteger.arena_bytes > 3.5, `${fullInteger.arena_bytes} bytes`);
      assert.ok(dynamicRange.agreements >= 3 && fullInteger.agreements >= 3, JSON.stringify(report.rows));
      for (const { latency } of report.rows) {
        assert.equal(latency.runs, 3);
        assert.ok(0 < latency.min_ms && latency.min_ms <= latency.median_ms && latency.median_ms <= latency.max_ms);
      }
      reports[kernels] = report;
    });
  }

  it('makes the same file on both, which gives the same integers', () => {
    const [a, b] = [reports.relaxed_simd, reports.simd128];
    for (const part of ['input', 'output', 'observed', 'samples', 'photos']) assert.deepEqual(a[part], b[part], part);
    assert.deepEqual(a.rows.map(({ file_bytes }) => file_bytes), b.rows.map(({ file_bytes }) => file_bytes));
    const integers = ({ predictions }) => predictions.map(({ full_integer }) => full_integer);
    assert.deepEqual(integers(a), integers(b));
  });

  it('leaves Burn out, or times it on its own', async () => {
    const lab = labs.relaxed_simd;
    assert.equal(reports.relaxed_simd.rows.length, 3);
    const report = await run(lab, 'full-integer', { ...QUICK, runs: 1, burn_runs: 1 });
    assert.deepEqual(report.rows.slice(3).map(({ backend }) => backend), ['ndarray', 'flex']);
    assert.equal(report.calibrate_ms, 0, 'it has calibrated again');
    for (const row of report.rows.slice(3)) assert.ok(row.agreements === report.photos && row.mse < 1e-9, JSON.stringify(row));
  });

  it('loses more with one scale for all weights of a layer', async () => {
    const report = await run(labs.relaxed_simd, 'full-integer', { ...QUICK, runs: 1, weight_scales: 'per_tensor' });
    assert.ok(report.rows[2].mse > reports.relaxed_simd.rows[2].mse);
    assert.ok(report.rows[2].file_bytes < reports.relaxed_simd.rows[2].file_bytes);
  });

  it('refuses nonsense', async () => {
    const lab = labs.relaxed_simd;
    for (const [name, value] of [['samples', 0], ['samples', 257], ['runs', 1001], ['burn_runs', 'many']]) {
      await lab.set('full-integer', name, value);
      assert.equal(await lab.run('full-integer'), 'error');
      assert.match(await lab.error('full-integer'), new RegExp(name));
      await lab.set('full-integer', name, QUICK[name]);
    }
    await lab.set('interpreter', 'photo', 31);
    assert.equal(await lab.run('interpreter'), 'error');
    assert.match(await lab.error('interpreter'), /no photo number 31/);
    await lab.set('interpreter', 'photo', 1);
  });

  it('stops on Cancel and goes on afterwards', async () => {
    const lab = labs.relaxed_simd;
    await lab.set('full-integer', 'runs', 1000);
    const ended = lab.run('full-integer');
    await lab.wait(() => document.querySelector('section[data-cell="full-integer"]').dataset.state === 'running');
    await lab.page.click('section[data-cell="full-integer"] button[data-action="cancel"]');
    assert.notEqual(await ended, 'done');
    await run(lab, 'full-integer', { ...QUICK, weight_scales: 'per_channel' });
  });

  for (const kernels of ['relaxed_simd', 'simd128']) {
    it(`all kernels of the worker with ${kernels} put out the same bytes`, async () => {
      const report = await run(labs[kernels], 'interpreter', { runs: 2 });
      const names = report.kernels.map(({ name }) => name);
      assert.deepEqual(names, ['reference', 'simd128', ...(hasDot[kernels] ? ['relaxed_simd'] : [])]);
      for (const row of report.kernels) assert.equal(row.equal_photos, report.photos, row.name);
      reports[`${kernels} interpreter`] = report;
    });
  }

  it('the interpreter’s integers are the same on both workers', () => {
    const [a, b] = [reports['relaxed_simd interpreter'], reports['simd128 interpreter']];
    assert.deepEqual(a.outcomes, b.outcomes);
  });

  it('float32 kernels nearly agree', async () => {
    const report = await run(labs.relaxed_simd, 'interpreter', { precision: 'float32', runs: 1 });
    for (const { name, largest_difference } of report.kernels) assert.ok(largest_difference < 1e-3, `${name}: ${largest_difference}`);
  });

  it('runs on the kernels that are asked for, or says that there are none', async () => {
    const report = await run(labs.simd128, 'interpreter', { kernels: 'reference', runs: 1 });
    assert.equal(report.used.name, 'reference');
    await labs.simd128.set('interpreter', 'kernels', 'relaxed_simd');
    assert.equal(await labs.simd128.run('interpreter'), 'error');
    assert.match(await labs.simd128.error('interpreter'), /no relaxed SIMD kernels/);
  });

  it('shows what wrong pixels do', async () => {
    const report = await run(labs.relaxed_simd, 'interpreter', { precision: 'full_integer', edges: 'int8', preparation: 'bytes', runs: 1 });
    const [right, ...wrong] = report.outcomes;
    assert.match(right.top5[0].label, /cat/);
    for (const { preparation, top5 } of wrong) assert.doesNotMatch(top5[0].label, /cat/, preparation);
    const refused = report.steps.find(({ is_error }) => is_error);
    assert.match(refused.printed, /holds int8; uint8 was given/);
    assert.match(await labs.relaxed_simd.output('interpreter'), /uint8 was given/);
  });

  it('names the error where allocate_tensors is forgotten, and goes on', async () => {
    const lab = labs.relaxed_simd;
    const report = await run(lab, 'interpreter', { preparation: 'right', allocate: 'never' });
    assert.deepEqual(report.outcomes, []);
    assert.match(await lab.output('interpreter'), /NotAllocated/);
    const calls = await lab.page.$$eval('section[data-cell="interpreter"] .calls li', (items) => items.length);
    assert.equal(calls, report.steps.length);
    await run(lab, 'interpreter', { allocate: 'before' });
  });

  it('logs no errors', () => assert.deepEqual([...labs.relaxed_simd.faults, ...labs.simd128.faults], []));
}
