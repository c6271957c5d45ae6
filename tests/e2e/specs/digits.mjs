// The network that learns to read digits: trained, stopped, continued, kept.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';

import { Lab } from '../lab.mjs';

const CELL = 'section[data-cell="train"]';

export default function (browser) {
  let lab;
  before(async () => {
    lab = await Lab.open(browser());
    await lab.set('setup', 'backend', 'flex');
    assert.equal(await lab.run('setup'), 'done', await lab.error('setup'));
  });
  after(() => lab.close());

  const train = (parameters) => lab.result('train', parameters);

  it('reads 95 of 100 digits with its defaults, and shows the way there', async () => {
    const begin = Date.now();
    await lab.page.$eval(`${CELL} button[data-action="run"]`, (button) => button.click());
    await lab.wait((cell) => {
      const text = document.querySelector(`${cell} script[data-report]`).textContent;
      return text && JSON.parse(text).state === 'running' && JSON.parse(text).epochs.length > 0;
    }, CELL);
    assert.equal(await lab.state('train'), 'running');
    assert.ok(await lab.page.$(`${CELL} canvas[data-chart="loss"]`));
    await lab.wait((cell) => document.querySelector(cell).dataset.state === 'done', CELL);
    const report = await lab.report('train');
    console.log(`${((Date.now() - begin) / 1000).toFixed(1)} s, ${(report.shown / report.seconds).toFixed(0)} digits a second, ${report.test.correct} of 500`);
    assert.deepEqual([report.state, report.epochs.length, report.shown], ['done', 10, 40000]);
    assert.ok(report.test.correct >= 475, `${report.test.correct}`);
    assert.match(await lab.output('train'), /test accuracy 9\d\.\d %/);
    assert.equal(await lab.state('baseline'), 'idle');
  });

  it('gives the same weights for the same seed', async () => {
    const learned = ({ epochs, losses, test }) => ({ epochs, losses, test });
    const one = learned(await train({ epochs: 1, batch: 100 }));
    assert.deepEqual(learned(await train()), one);
    assert.notDeepEqual(learned(await train({ seed: 7 })), one);
    const { bytes } = await lab.download(`${CELL} button[data-file="digits.safetensors"]`);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + bytes.readUInt32LE(0))));
    assert.deepEqual(header['conv2.weight'].shape, [32, 3, 3, 16]);
    await lab.set('train', 'seed', 42);
  });

  it('stops when told to, keeps the best, and goes on', async () => {
    await lab.set('train', 'epochs', 400);
    await lab.page.$eval(`${CELL} button[data-action="run"]`, (button) => button.click());
    await lab.wait((cell) => JSON.parse(document.querySelector(`${cell} script[data-report]`).textContent).epochs.length === 2, CELL);
    await lab.page.$eval(`${CELL} button[data-action="cancel"]`, (button) => button.click());
    await lab.wait((cell) => document.querySelector(cell).dataset.state === 'done', CELL);
    const stopped = await lab.report('train');
    assert.equal(stopped.state, 'stopped');
    assert.ok(stopped.epochs.length >= 2 && stopped.test.correct > 400);
    await lab.set('train', 'epochs', 1);
    await lab.runBy('train', () => lab.page.$eval(`${CELL} button[data-action="go-on"]`, (button) => button.click()));
    const resumed = await lab.report('train');
    assert.equal(resumed.epochs.length, stopped.epochs.length + 1);
    assert.deepEqual(resumed.epochs.slice(0, -1), stopped.epochs);
  });

  it('has the weights after a reload', async () => {
    const { test } = await lab.report('train');
    await lab.wait((cell) => /has kept the best weights/.test(document.querySelector(`${cell} [data-kept]`).textContent), CELL);
    await lab.reload();
    await lab.wait((cell) => /of an earlier visit/.test(document.querySelector(`${cell} [data-kept]`).textContent), CELL);
    const report = await train({ begin: 'kept' });
    // The reload has gone back to the other backend, which rounds otherwise.
    assert.deepEqual([report.state, report.test.confusion, report.shown], ['kept', test.confusion, 0]);
    const further = await train({ begin: 'go_on', epochs: 1 });
    assert.ok(further.epochs[0].accuracy > 0.9, JSON.stringify(further.epochs));
  });

  it('names what makes no sense', async () => {
    await lab.set('train', 'begin', 'anew');
    for (const [name, value, words, good] of [
      ['learning_rate', '0', /“0” cannot be used for “learning_rate”/, '0.001'],
      ['learning_rate', '10', /“10” cannot be used for “learning_rate”/, '0.001'],
      ['learning_rate', 'NaN', /“NaN” cannot be used/, '0.001'],
      ['learning_rate', '1', /diverged.*smaller learning rate/s, '0.001'],
      ['batch', '4001', /“4001” cannot be used for “batch”/, '32'],
    ]) {
      await lab.set('train', name, value);
      assert.equal(await lab.run('train'), 'error', `${name} = ${value}`);
      assert.match(await lab.error('train'), words);
      await lab.set('train', name, good);
    }
  });

  it('says so where the browser keeps nothing', async () => {
    const denied = await Lab.open(browser(), {
      prepare: () => Object.defineProperty(window, 'indexedDB', { get: () => undefined }),
    });
    await denied.set('train', 'epochs', 1);
    await denied.set('train', 'batch', 200);
    assert.equal(await denied.run('train'), 'done', await denied.error('train'));
    await denied.wait((cell) => /does not keep the weights/.test(document.querySelector(`${cell} [data-kept]`).textContent), CELL);
    await denied.set('train', 'begin', 'kept');
    assert.equal(await denied.run('train'), 'done', await denied.error('train'));
    assert.deepEqual(denied.faults, []);
    await denied.close();
  });

  it('forgets the weights with everything else', async () => {
    await lab.page.click('button[data-action="reset"]');
    await lab.page.click('button[data-action="confirm-reset"]');
    await lab.wait((cell) => /has kept no weights/.test(document.querySelector(`${cell} [data-kept]`).textContent), CELL);
    await lab.ready();
    await lab.set('train', 'begin', 'kept');
    assert.equal(await lab.run('train'), 'error');
    assert.match(await lab.error('train'), /kept no weights of an earlier visit/);
  });

  it('logs no errors', () => assert.deepEqual(lab.faults, []));
}
