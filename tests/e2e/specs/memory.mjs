// Ranges and where they come from; the arena and the boards that have room for it.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';

import { Lab } from '../lab.mjs';

export default function (browser) {
  let lab;
  before(async () => {
    lab = await Lab.open(browser());
    await lab.set('setup', 'backend', 'flex');
  });
  after(() => lab.close());

  const run = (cell, parameters) => lab.result(cell, parameters);

  const outcomes = ({ choices }) => Object.fromEntries(choices.map(({ from, outcome }) => [from.observer ?? from.by, outcome]));

  it('calibrates with its defaults', async (test) => {
    const begin = Date.now();
    const report = await run('calibrate', {});
    test.diagnostic(`calibrate, 100 images: ${((Date.now() - begin) / 1000).toFixed(1)} s, of it ${(report.observe_ms / 1000).toFixed(1)} s watching`);
    assert.deepEqual([report.layer, report.samples, report.guess], ['features.1.conv.3', 100, 1]);
    assert.deepEqual(report.counts, [1, 2, 4, 8, 16, 32, 64, 100]);
    const { guess, min_max: minMax } = outcomes(report);
    assert.ok(guess.clipped > minMax.clipped && guess.layer_db < minMax.layer_db && guess.logits_db < minMax.logits_db);
    for (const { ranges } of report.observed) assert.equal(ranges.length, report.counts.length);
    assert.match(await lab.output('calibrate'), /best for the logits/);
    const advice = await lab.page.$$eval('section[data-cell="calibrate"] [data-advice]', (items) =>
      items.map(({ dataset, textContent }) => ({ ...dataset, text: textContent })),
    );
    assert.deepEqual(advice.map(({ advice }) => advice), ['samples', 'cases', 'augmented']);
    for (const { speaks, text } of advice) {
      const words = { for: /speaks for it/, against: /speaks against it/, neither: /speaks neither/ }[speaks];
      assert.match(text, words);
      assert.match(text, /dB/);
    }
  });

  it('follows its parameters', async () => {
    const relu6 = await run('calibrate', { layer: 'features.2.conv.0', samples: 4, guess: 6 });
    assert.equal(relu6.layer, 'features.2.conv.0');
    assert.equal(outcomes(relu6).guess.clipped, 0);
    assert.ok(relu6.observed[0].ranges.every(([low, high]) => low >= 0 && high <= 6));
    const single = await run('calibrate', { layer: 'classifier', samples: 1, guess: 1 });
    assert.deepEqual([single.counts, single.shape], [[1], [1, 1000]]);
    const wide = await run('calibrate', { layer: '', samples: 6, guess: 1000 });
    assert.equal(outcomes(wide).guess.clipped, 0);
    assert.ok(outcomes(wide).guess.layer_db < outcomes(wide).min_max.layer_db);
  });

  it('refuses nonsense', async () => {
    for (const [name, value, right] of [['samples', 0, 4], ['samples', 501, 4], ['guess', -1, 1], ['guess', 'wide', 1]]) {
      await lab.set('calibrate', name, value);
      assert.equal(await lab.run('calibrate'), 'error');
      assert.match(await lab.error('calibrate'), new RegExp(name === 'guess' ? 'guess|range' : name));
      await lab.set('calibrate', name, right);
    }
    await lab.page.$eval('section[data-cell="calibrate"] [name="layer"]', (select) => select.append(new Option('features.99', 'features.99')));
    await lab.set('calibrate', 'layer', 'features.99');
    assert.equal(await lab.run('calibrate'), 'error');
    assert.match(await lab.error('calibrate'), /no layer “features\.99”.*Choose one of its layers/s);
    await lab.set('calibrate', 'layer', '');
  });

  it('stops on Cancel and goes on afterwards', async () => {
    await lab.set('calibrate', 'samples', 500);
    const ended = lab.run('calibrate');
    await lab.wait(() => document.querySelector('section[data-cell="calibrate"]').dataset.state === 'running');
    await lab.page.click('section[data-cell="calibrate"] button[data-action="cancel"]');
    assert.notEqual(await ended, 'done');
    await run('calibrate', { samples: 2 });
  });

  for (const network of ['loaded', 'tiny_kws', 'small_mnist', 'mobilenet_like']) {
    it(`plans the memory of ${network}`, async () => {
      const report = await run('arena', { network });
      assert.equal(report.network, network);
      const [float32, int8] = report.plans;
      const times = float32.bytes / int8.bytes;
      assert.ok(times > 3.5 && times < 4.1, `${times}`);
      for (const plan of report.plans) assert.ok(plan.least_bytes <= plan.bytes);
      assert.equal(report.needs.length, 8);
      const verdicts = report.boards.flatMap(({ fits }) => fits.map(({ verdict }) => verdict));
      assert.ok(verdicts.includes('yes') && verdicts.includes('no'));
      assert.match(await lab.output('arena'), /2 to 4 times the model’s size/);
      const rows = await lab.page.$$eval('section[data-cell="arena"] .scroll[aria-label="Which boards have room"] tbody tr', (all) =>
        all.map((row) => row.children.length),
      );
      assert.deepEqual(rows, Array(6).fill(9));
    });
  }

  for (const name of ['arena-of-150-kb', 'arena-peak', 'size-and-memory', 'which-memory', 'what-shares-bytes', 'why-calibrate', 'more-and-worse', 'assumed-range']) {
    it(`is opened and run from “${name}”`, async () => {
      const cell = /calibrate|worse|assumed/.test(name) ? 'calibrate' : 'arena';
      await lab.runBy(cell, () => lab.page.$eval(`form[data-question="${name}"] button[data-action="show-me"]`, (button) => button.click()));
      const opened = { 'arena-of-150-kb': ['network', 'tiny_kws'], 'arena-peak': ['network', 'small_mnist'], 'which-memory': ['network', 'loaded'], 'more-and-worse': ['samples', '64'], 'assumed-range': ['samples', '16'] }[name];
      if (opened) assert.equal(await lab.get(cell, opened[0]), opened[1]);
    });
  }

  it('logs no errors', () => assert.deepEqual(lab.faults, []));
}
