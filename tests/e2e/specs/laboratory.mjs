// The laboratory's cells, run with their defaults and with other settings, against figures that NumPy and
// PyTorch computed (tests/fixtures/laboratory.py).
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, it } from 'node:test';

import { Lab } from '../lab.mjs';

const FIXTURE = JSON.parse(await readFile(new URL('../../fixtures/laboratory.json', import.meta.url), 'utf8'));

// The controls for each case of the fixture.
const SIMULATE = {
  defaults: {},
  'laplace int4': {
    source: 'laplace',
    count: 5000,
    sigma: 0.02,
    seed: 7,
    bits: 4,
    symmetry: 'symmetric',
    narrow: 'narrow',
    rounding: 'half_away',
  },
  'uniform uint3': { source: 'uniform', count: 777, sigma: 1, seed: 1, bits: 3, signed: 'unsigned' },
  'outliers in blocks': { source: 'outliers', bits: 4, symmetry: 'symmetric', granularity: 'per_block', block: 32 },
  'two humps int16': { source: 'bimodal', count: 2000, sigma: 3, seed: 99, bits: 16 },
  'histogram observer': { source: 'outliers', observer: 'histogram' },
  pasted: { source: 'pasted', pasted: '0.42 -1.30 0.07 0.91 -0.25 0.0 2.10 -0.66' },
};

export default function (browser) {
  let lab;
  before(async () => {
    lab = await Lab.open(browser());
  });
  after(() => lab.close());

  async function fill(cell, settings) {
    for (const [name, value] of Object.entries(settings)) await lab.set(cell, name, value);
  }

  async function simulate(settings) {
    await lab.page.evaluate(() => localStorage.clear());
    await lab.reload();
    await fill('simulate', settings);
    return lab.run('simulate');
  }

  for (const expected of FIXTURE.simulate) {
    it(`simulate agrees with NumPy: ${expected.name}`, async () => {
      assert.equal(await simulate(SIMULATE[expected.name]), 'done', await lab.error('simulate'));
      const report = await lab.report('simulate');
      assert.equal(report.scale_max, expected.scale_max);
      assert.equal(report.groups[0].zero_point, expected.zero_point);
      assert.equal(report.group_count, expected.groups);
      assert.equal(report.levels_used, expected.levels_used);
      assert.equal(report.integer_bytes, expected.integer_bytes);
      for (const name of ['max_abs', 'mean_abs', 'mse', 'sqnr_db', 'cosine']) near(report.error[name], expected[name], name);
      for (const name of ['min', 'max', 'std']) near(report.statistics[name], expected[name], name);
    });
  }

  it('simulate prints with the defaults what the Python listing prints', async () => {
    assert.equal(await simulate({}), 'done');
    const output = await lab.output('simulate');
    for (const figure of ['0.013910', '−11', '[−1.6206, 1.9264]', '0.006953', '0.003493', '0.006955', '4,000', '1,000', '8.0']) {
      assert.ok(output.includes(figure), `${figure} is not in:\n${output}`);
    }
  });

  for (const [settings, part] of [
    [{ source: 'pasted', pasted: '0.1 0.2\n0.3 abc' }, '“abc” in line 2, column 5'],
    [{ source: 'pasted', pasted: 'weight\n0.1' }, 'header'],
    [{ source: 'pasted', pasted: '1 nan 2' }, 'not a finite number'],
    [{ source: 'pasted', pasted: '-Infinity' }, 'not a finite number'],
    [{ source: 'pasted', pasted: '' }, 'no numbers'],
    [{ source: 'pasted', pasted: '0,5 0,25' }, 'one number or as two'],
    [{ bits: 17 }, 'bits'],
    [{ bits: 1 }, 'bits'],
    [{ sigma: 0 }, 'sigma'],
    [{ sigma: -0.5 }, 'sigma'],
    [{ count: 100000000 }, 'count'],
    [{ granularity: 'per_channel', axis: 2 }, 'axis'],
  ]) {
    it(`simulate refuses ${JSON.stringify(settings)}`, async () => {
      assert.equal(await simulate(settings), 'error');
      assert.ok((await lab.error('simulate')).includes(part), await lab.error('simulate'));
      assert.equal(await lab.output('simulate'), '');
    });
  }

  it('simulate takes one value, and values that are all equal', async () => {
    for (const pasted of ['5', '0 0 0', '-2 -2', '1e-44']) {
      assert.equal(await simulate({ source: 'pasted', pasted }), 'done', await lab.error('simulate'));
      assert.ok((await lab.report('simulate')).error.max_abs < 0.05);
    }
  });

  it('simulate refuses more numbers than it takes, and the page goes on', async () => {
    await lab.set('simulate', 'source', 'pasted');
    await lab.page.evaluate(() => {
      document.querySelector('section[data-cell="simulate"] [name="pasted"]').value = '1 '.repeat(1_000_001);
    });
    assert.equal(await lab.run('simulate'), 'error');
    assert.match(await lab.error('simulate'), /more than 1,000,000 numbers/);
    assert.equal(await lab.run('setup'), 'done');
  });

  it('refuses a hundred million pasted numbers before they reach the page', async () => {
    const before = await lab.get('simulate', 'pasted');
    await lab.page.evaluate(() => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', '1 '.repeat(100_000_000));
      const area = document.querySelector('section[data-cell="simulate"] [name="pasted"]');
      const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
      if (area.dispatchEvent(event)) throw new Error('the browser would have taken it');
    });
    assert.match(await lab.error('simulate'), /more than 4,000,000 characters/);
    assert.equal(await lab.get('simulate', 'pasted'), before);
  });

  it('weights prints LAB03’s statistics', async () => {
    assert.equal(await lab.run('weights'), 'done', await lab.error('weights'));
    const { statistics, percentiles, within_0_1, within_0_5 } = await lab.report('weights');
    for (const name of ['count', 'mean', 'std', 'min', 'max']) near(statistics[name], FIXTURE.lab03[name], name);
    const { layers } = await lab.report('weights');
    layers.forEach((layer, index) => near(layer.sqnr_per_tensor, FIXTURE.lab03.sqnr_per_layer[index], layer.name));
    percentiles.forEach((value, index) => near(value, FIXTURE.lab03.percentiles[index], 'percentile'));
    near(within_0_1, FIXTURE.lab03.within_0_1, 'within ±0.1');
    near(within_0_5, FIXTURE.lab03.within_0_5, 'within ±0.5');
    const output = await lab.output('weights');
    for (const figure of ['10,500', '−0.001570', '0.405598', '−1.961200', '1.764528', '−1.022329', '−0.242821', '−0.000886', '0.235287', '1.028916', '23.5', '80.2']) {
      assert.ok(output.includes(figure), `${figure} is not in:\n${output}`);
    }
  });

  it('weights and simulate take layers of the model, which they load', async () => {
    await lab.set('setup', 'backend', 'flex');
    await lab.set('weights', 'source', 'all');
    assert.equal(await lab.run('weights'), 'done', await lab.error('weights'));
    const all = await lab.report('weights');
    assert.equal(all.layers.length, 53);
    const layer = all.layers[1].name;
    await lab.set('weights', 'source', 'layer');
    await lab.set('weights', 'layer', layer);
    assert.equal(await lab.run('weights'), 'done', await lab.error('weights'));
    assert.equal((await lab.report('weights')).layers[0].name, layer);
    assert.ok((await lab.report('weights')).layers[0].sqnr_per_channel > (await lab.report('weights')).layers[0].sqnr_per_tensor);
    await fill('simulate', { source: 'layer', layer, granularity: 'per_channel', bits: 8 });
    assert.equal(await lab.run('simulate'), 'done', await lab.error('simulate'));
    assert.ok((await lab.report('simulate')).group_count > 1);
  });

  it('sizes agrees with PyTorch, and follows an edit', async () => {
    for (const expected of FIXTURE.sizes) {
      await lab.set('sizes', 'network', expected.name);
      assert.equal(await lab.run('sizes'), 'done', await lab.error('sizes'));
      const { inferred, biases } = await lab.report('sizes');
      assert.deepEqual({ inferred, biases }, { inferred: expected.parameters, biases: expected.biases });
    }
    await lab.set('sizes', 'network', 'own');
    await lab.set('sizes', 'own', 'input 8x8x1\nconv 3x3 out 4\nflatten\ndense in 100 out 2');
    assert.equal(await lab.run('sizes'), 'done');
    assert.equal((await lab.report('sizes')).inferred, 40 + 8 * 8 * 4 * 2 + 2);
    for (const [layers, part] of [
      ['input 8x8x1\ndense out 2', 'Line 2'],
      ['conv 3x3 out 4', 'before the input'],
      ['input 2x2x1\nconv 3x3 valid out 4', 'window larger'],
      ['input 8x8x1\nlstm 5', 'no known layer'],
    ]) {
      await lab.set('sizes', 'own', layers);
      assert.equal(await lab.run('sizes'), 'error');
      assert.ok((await lab.error('sizes')).includes(part), await lab.error('sizes'));
    }
  });

  it('explorer agrees with NumPy, wherever its sliders stand', async () => {
    for (const { source, bits, clip, ...expected } of FIXTURE.explorer) {
      await fill('explorer', { source });
      // A run only where there are other weights.
      if (source !== (await shown(lab))) assert.equal(await lab.run('explorer'), 'done', await lab.error('explorer'));
      await fill('explorer', { bits, clip });
      await frames(lab);
      const now = await figures(lab);
      assert.equal(now.bits, String(bits));
      assert.equal(now['zero point'], String(expected.zero_point).replace('-', '−'));
      assert.equal(now['levels used'].split(' ')[0].replace(',', ''), String(expected.levels_used));
      // What is shown is rounded to three digits, percentages and decibels to as many decimals as they have.
      for (const [name, value, allowed] of [
        ['scale', expected.scale, 0.005 * expected.scale],
        ['MSE', expected.mse, 0.005 * expected.mse],
        ['clipped', 100 * expected.clipped, 0.00501],
        ['of it clipping', 100 * expected.clipping_share, 0.00501],
        ['SQNR', expected.sqnr_db, 0.0501],
      ]) {
        const got = parseFloat(now[name].replace('−', '-'));
        assert.ok(Math.abs(got - value) <= allowed, `${source}, ${bits} bits, ${clip} %: ${name} is ${now[name]}, NumPy says ${value}`);
      }
    }
    await lab.page.evaluate(() => localStorage.clear());
    await lab.reload();
  });

  it('explorer follows its sliders and handles without a run', async () => {
    assert.equal(await lab.run('explorer'), 'done', await lab.error('explorer'));
    const count = await lab.text('explorer', '.count');
    const before = await figures(lab);
    assert.equal(before.bits, '4');
    await lab.set('explorer', 'bits', 8);
    await lab.wait(() => document.querySelector('section[data-cell="explorer"] .live-figures b').textContent === '8');
    const after = await figures(lab);
    // Four bits more are worth about 24 dB.
    const gain = parseFloat(after.SQNR) - parseFloat(before.SQNR);
    assert.ok(Math.abs(gain - 4 * 6.02) < 2, `${gain} dB`);
    assert.equal(after.clipped, '0.00 %');

    const handle = await lab.page.$('section[data-cell="explorer"] .handle:last-of-type');
    await handle.scrollIntoView();
    const box = await handle.boundingBox();
    await lab.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await lab.page.mouse.down();
    await lab.page.mouse.move(box.x - 200, box.y + box.height / 2, { steps: 10 });
    await lab.page.mouse.up();
    await lab.wait(() => !document.querySelector('section[data-cell="explorer"] .live-figures').textContent.includes('clipped0.00 %'));

    const value = () => lab.page.$eval('section[data-cell="explorer"] .handle', (handle) => Number(handle.ariaValueNow));
    const start = await value();
    await lab.page.focus('section[data-cell="explorer"] .handle');
    await lab.page.keyboard.press('ArrowRight');
    await lab.wait((start) => Number(document.querySelector('section[data-cell="explorer"] .handle').ariaValueNow) > start, start);
    // However many keys are pressed before the next frame, each counts.
    const step = (await value()) - start;
    await lab.page.$eval('section[data-cell="explorer"] .handle', (handle) => {
      for (let press = 0; press < 3; press++) handle.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
    });
    await frames(lab);
    assert.ok(Math.abs((await value()) - start - 4 * step) < 0.01 * step, `${await value()} from ${start} in steps of ${step}`);
    assert.equal(await lab.text('explorer', '.count'), count, 'it ran again');
    assert.equal(await lab.state('explorer'), 'done');
  });

  it('explorer paints while its sliders move what it paints at once', async () => {
    const theme = async (name) => {
      await lab.page.select('#theme', name);
      // A chart is painted in a turn of its own.
      await new Promise((done) => setTimeout(done, 200));
    };
    for (const [name, bits, clip] of [['dark', 4, 30], ['dark', 9, 71], ['light', 3, 100]]) {
      await theme(name);
      await fill('explorer', { bits, clip });
      await frames(lab);
      const moved = await pictures(lab);
      await theme(name === 'dark' ? 'light' : 'dark');
      assert.notDeepEqual(await pictures(lab), moved);
      await theme(name);
      assert.deepEqual(await pictures(lab), moved, `${bits} bits, ${clip} %`);
    }
    await theme('');
  });

  it('reference computes while one types', async () => {
    const follows = () => lab.text('reference', 'form[data-formula="quantize"] .follows');
    assert.equal(await follows(), 'q = 17, back to 0.425; error 0.005 ≤ scale/2 = 0.0125');
    await lab.set('reference', 'r', '1');
    assert.match(await follows(), /^q = 40, back to 1;/);
    await lab.set('reference', 'scale', '0');
    assert.match(await follows(), /must be above zero/);
    await lab.set('reference', 'scale', '0,025');
    assert.match(await follows(), /“scale” is not a number/);
    await lab.set('reference', 'scale', '0.025');
    assert.equal(await lab.run('reference'), 'done');
    await lab.reload();
    assert.match(await follows(), /^q = 40/);
  });

  it('logs no errors', () => assert.deepEqual(lab.faults, []));
}

function near(got, expected, name) {
  assert.ok(Math.abs(got - expected) <= Math.max(1e-9 * Math.abs(expected), 1e-15), `${name}: ${got}, expected ${expected}`);
}

// Which weights the explorer shows.
async function shown(lab) {
  const { title } = (await lab.state('explorer')) === 'done' ? await lab.report('explorer') : { title: '' };
  if (title.includes('ten times')) return 'outliers';
  if (title.includes('Laplace')) return 'laplace';
  return title.includes('normal') ? 'normal' : undefined;
}

// Waits until what was changed is painted.
function frames(lab) {
  return lab.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

// What the explorer shows now, as addresses with the whole pictures in them.
function pictures(lab) {
  return lab.page.$$eval('section[data-cell="explorer"] canvas', (charts) => charts.map((chart) => chart.toDataURL()));
}

// What the explorer says now.
async function figures(lab) {
  const pairs = await lab.page.$$eval('section[data-cell="explorer"] .live-figures > div', (rows) =>
    rows.map((row) => [row.firstChild.textContent, row.lastChild.textContent]),
  );
  return Object.fromEntries(pairs);
}
