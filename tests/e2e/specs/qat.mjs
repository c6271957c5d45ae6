// Few bits: rounded after training, and trained with the rounding in view.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';

import { Lab } from '../lab.mjs';

const CELL = 'section[data-cell="qat"]';

export default function (browser) {
  let lab;
  before(async () => {
    lab = await Lab.open(browser());
    await lab.set('setup', 'backend', 'flex');
    assert.equal(await lab.run('setup'), 'done', await lab.error('setup'));
    await lab.set('train', 'epochs', 5);
  });
  after(() => lab.close());

  const qat = (parameters) => lab.result('qat', parameters);

  it('rescues few bits, and agrees with the integers at 8', async () => {
    const begin = Date.now();
    const { widths, float32_correct: float32, is_running, test } = await qat();
    console.log(`${((Date.now() - begin) / 1000).toFixed(1)} s with training; float32 ${float32}; ${widths.map(({ bits, ptq, qat }) => `${bits} bits ${ptq.correct} → ${qat.correct}`).join(', ')}; at 8 bits the integers agree for ${widths[0].integers_agree}`);
    assert.equal(await lab.state('train'), 'done');
    assert.equal(is_running, false);
    assert.deepEqual(widths.map(({ bits, activation_bits: activations }) => [bits, activations]), [[8, 8], [4, 4], [3, 3], [2, 2]]);
    const [eight, , three, two] = widths;
    assert.ok(eight.integers_agree >= 0.995 * test, `${eight.integers_agree}`);
    assert.ok(eight.ptq.correct > float32 - 10 && eight.qat.correct > float32 - 15);
    assert.ok(three.qat.correct > three.ptq.correct, JSON.stringify(three.ptq));
    assert.ok(two.qat.correct > two.ptq.correct + 100, JSON.stringify([two.ptq, two.qat]));
    for (const { epochs, losses, best_epoch: best } of widths) {
      assert.equal(epochs.length, 3);
      assert.ok(losses.length > 10 && best >= 1 && best <= 3);
    }
  });

  it('counts every weight on its steps', async () => {
    const { widths, estimator } = await lab.report('qat');
    assert.equal(widths[0].grid, null);
    for (const { bits, grid } of widths.slice(1)) {
      const weights = 32 * 3 * 3 * 16;
      for (const counts of [grid.before, grid.after]) {
        assert.equal(counts.length, (2 * grid.largest + 1) * grid.bins_a_step);
        assert.equal(counts.reduce((sum, count) => sum + count), weights, `${bits} bits`);
      }
    }
    for (const [x, y, gradient] of estimator) {
      assert.ok([-1, 0, 1].includes(Math.round(y * 1000) / 1000));
      if (Math.abs(x) <= 1) assert.equal(gradient, 1);
      if (Math.abs(x) > 1.51) assert.equal(gradient, 0);
    }
    for (const chart of ['bits', 'losses', 'grid-4', 'grid-3', 'grid-2', 'estimator']) assert.ok(await lab.page.$(`${CELL} canvas[data-chart="${chart}"]`), chart);
  });

  it('leaves activations at 8 bits where told to', async () => {
    const { widths } = await qat({ activations: 'eight', epochs: 1, batch: 100 });
    assert.ok(widths.every(({ activation_bits: bits }) => bits === 8));
    assert.ok(widths[3].qat.correct > widths[3].ptq.correct, JSON.stringify(widths[3]));
  });

  it('names what makes no sense', async () => {
    for (const [name, value, words, good] of [
      ['learning_rate', '0', /“0” cannot be used for “learning_rate”/, '0.0005'],
      ['learning_rate', '1', /diverged.*smaller learning rate/s, '0.0005'],
      ['batch', '4001', /“4001” cannot be used for “batch”/, '32'],
    ]) {
      await lab.set('qat', name, value);
      assert.equal(await lab.run('qat'), 'error', `${name} = ${value}`);
      assert.match(await lab.error('qat'), words);
      await lab.set('qat', name, good);
    }
  });

  it('logs no errors', () => assert.deepEqual(lab.faults, []));
}
