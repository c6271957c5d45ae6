// Learn by training: the smallest network, and PyTorch's way.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';

import { Lab } from '../lab.mjs';

const STEPS = 'section[data-cell="regression"] table tbody tr';

export default function (browser) {
  let lab;
  before(async () => {
    lab = await Lab.open(browser());
  });
  after(() => lab.close());

  const regression = (parameters) => lab.result('regression', parameters);

  it('learns the line, and needs nothing before', async () => {
    const report = await regression();
    assert.ok(Math.abs(report.weight - 1.8) < 0.02 && Math.abs(report.bias - 32) < 0.3, JSON.stringify(report));
    assert.equal(report.same_of_256, 256);
    assert.equal(report.steps.output, report.steps.engine);
    assert.match(await lab.output('regression'), /by hand (.+), by the engine \1: the same integer/);
    assert.equal(await lab.state('baseline'), 'idle');
  });

  it('shows every step', async () => {
    const { steps, weight_integer, bias_integer, input, output } = await lab.report('regression');
    const rows = await lab.page.$$eval(STEPS, (rows) => rows.map(({ textContent }) => textContent.replaceAll('−', '-').replaceAll(',', '')));
    assert.ok(rows.length >= 13, `${rows.length} rows`);
    const shown = (number) => assert.ok(rows.some((row) => row.includes(String(number))), `${number} in ${rows.join('\n')}`);
    [steps.input, weight_integer, bias_integer, steps.product, steps.accumulator, steps.multiplier, steps.scaled, steps.output].forEach(shown);
    assert.equal(steps.accumulator, (steps.input - input.zero_point) * weight_integer + bias_integer);
    const real = steps.multiplier * 2 ** (steps.shift - 31);
    assert.equal(steps.scaled, Math.round(steps.accumulator * real));
    assert.equal(steps.output, Math.min(127, Math.max(-128, steps.scaled + output.zero_point)));
  });

  it('clips what calibration has not seen, until it is shown', async () => {
    const narrow = await regression({ celsius: 100 });
    assert.ok(narrow.steps.is_clipped && narrow.steps.fahrenheit < 110, JSON.stringify(narrow.steps));
    assert.match(await lab.output('regression'), /clipped: the integers reach from/);
    const wide = await regression({ representative: 'wide' });
    assert.ok(!wide.steps.is_clipped && Math.abs(wide.steps.fahrenheit - 212) < 2, JSON.stringify(wide.steps));
    assert.ok(wide.largest_error > narrow.largest_error);
    await regression({ celsius: 20, representative: 'training' });
  });

  it('gives the same neuron for the same seed', async () => {
    const drawn = { points: 'drawn', count: 20, noise: 3, seed: 7 };
    const [one, two] = [await regression(drawn), await regression()];
    assert.deepEqual(one, two);
    assert.notDeepEqual((await regression({ seed: 8 })).points, one.points);
    await regression({ points: 'classic', seed: 42 });
  });

  it('names a run that has diverged, and says what to change', async () => {
    for (const rate of ['0.002', '10', '1e20']) {
      await lab.set('regression', 'learning_rate', rate);
      assert.equal(await lab.run('regression'), 'error');
      assert.match(await lab.error('regression'), /Training has diverged.*Choose a learning rate below 0\.0017/s);
    }
    await regression({ learning_rate: '0.001' });
    assert.equal(await lab.error('regression'), '');
  });

  it('refuses what is no parameter', async () => {
    for (const [name, value, words, good] of [
      ['learning_rate', '0', /“0” cannot be used for “learning_rate”.*above zero/s, '0.001'],
      ['learning_rate', 'NaN', /“NaN” cannot be used/, '0.001'],
      ['learning_rate', '-1', /“-1” cannot be used/, '0.001'],
      ['epochs', '0', /“0” cannot be used for “epochs”/, '5000'],
      ['epochs', '1000000', /from 1 to 100,000/, '5000'],
      ['celsius', 'warm', /“warm” cannot be used for “celsius”/, '20'],
    ]) {
      await lab.set('regression', name, value);
      assert.equal(await lab.run('regression'), 'error', `${name} = ${value}`);
      assert.match(await lab.error('regression'), words);
      await lab.set('regression', name, good);
    }
    await regression();
  });

  it('saves both files', async () => {
    for (const name of ['celsius_float32.tflite', 'celsius_int8.tflite']) {
      const file = await lab.download(`section[data-cell="regression"] button[data-file="${name}"]`);
      assert.equal(new TextDecoder().decode(file.bytes.subarray(4, 8)), 'TFL3');
    }
  });

  const pytorch = async (settings = {}) => {
    for (const [name, value] of Object.entries(settings)) await lab.set('pytorch', name, value);
    const begin = Date.now();
    assert.equal(await lab.run('pytorch'), 'done', await lab.error('pytorch'));
    console.log(`pytorch: ${(Date.now() - begin) / 1000} s`);
    return lab.report('pytorch');
  };

  it('quantizes ResNet-18 as PyTorch does, with the photos alone before', async () => {
    const report = await pytorch({ size: 112 });
    assert.equal(await lab.state('data'), 'done');
    assert.equal(await lab.state('baseline'), 'idle');
    assert.equal(report.observers.length, 30);
    const [photos, noise] = report.outcomes;
    assert.ok(photos.sqnr_db > noise.sqnr_db && noise.sqnr_db > 15, JSON.stringify(report.outcomes));
    assert.ok(report.float32_bytes / report.int8_bytes > 3.9);
    assert.match(await lab.output('pytorch'), /photos and crops.*\(shown below\)/);
  });

  it('shows the module tree after each step', async () => {
    const { observers } = await lab.report('pytorch');
    const trees = await lab.page.$$eval('section[data-cell="pytorch"] [data-tree]', (all) => all.map(({ textContent }) => textContent));
    assert.equal(trees.length, 4);
    assert.match(trees[0], /\(bn1\): BatchNorm2d\(64/);
    assert.match(trees[1], /\(bn1\): Identity\(\)/);
    assert.equal(trees[2].match(/HistogramObserver/g).length, 30);
    const { scale, zero_point } = observers.find(({ module }) => module === 'conv1');
    const line = `(conv1): QuantizedConvReLU2d(3, 64, kernel_size=(7, 7), stride=(2, 2), scale=${scale}, zero_point=${zero_point}, padding=(3, 3))`;
    assert.ok(trees[3].includes(line), `${line}\n${trees[3].slice(0, 400)}`);
  });

  it('shows what noise makes of the observers', async () => {
    const [photos, noise] = [await pytorch({ size: 56, samples: 2 }), await pytorch({ calibrate_with: 'noise' })];
    assert.deepEqual(photos.outcomes, noise.outcomes);
    assert.notDeepEqual(photos.observers, noise.observers);
    assert.match(await lab.output('pytorch'), /with noise.*\(shown below\)/);
    await lab.set('pytorch', 'samples', 0);
    assert.equal(await lab.run('pytorch'), 'error');
    assert.match(await lab.error('pytorch'), /“0” cannot be used for “samples”/);
    await pytorch({ samples: 2, calibrate_with: 'photos' });
    const file = await lab.download('section[data-cell="pytorch"] button[data-file="resnet18_fbgemm.tflite"]');
    assert.equal(file.bytes.length, photos.int8_bytes);
  });

  it('is cancelled in the middle, and runs again', async () => {
    await lab.set('pytorch', 'size', 224);
    await lab.set('pytorch', 'samples', 64);
    await lab.page.click('section[data-cell="pytorch"] button[data-action="run"]');
    await lab.wait(() => /calibrating/.test(document.querySelector('section[data-cell="pytorch"]').textContent));
    await lab.page.click('section[data-cell="pytorch"] button[data-action="cancel"]');
    await lab.wait(() => !['queued', 'running'].includes(document.querySelector('section[data-cell="pytorch"]').dataset.state));
    assert.equal(await lab.error('pytorch'), '');
    await pytorch({ size: 56, samples: 2 });
  });

  it('logs no errors', () => assert.deepEqual(lab.faults, []));
}
