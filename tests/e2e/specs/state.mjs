// What survives, and what can be stopped.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';

import { Lab } from '../lab.mjs';

export default function (browser) {
  let lab;
  before(async () => {
    lab = await Lab.open(browser());
  });
  after(() => lab.close());

  it('parameters survive a reload', async () => {
    await lab.set('setup', 'backend', 'flex');
    await lab.set('inference', 'runs', 100);
    await lab.reload();
    assert.equal(await lab.get('setup', 'backend'), 'flex');
    assert.equal(await lab.get('inference', 'runs'), '100');
    assert.equal(await lab.run('setup'), 'done', await lab.error('setup'));
    assert.equal((await lab.report('setup')).backend, 'flex');
  });

  it('runs what a cell needs before it', async () => {
    assert.equal(await lab.run('quantize'), 'done', await lab.error('quantize'));
    const states = await lab.states();
    assert.equal(states.data, 'done');
    assert.equal(states.baseline, 'done');
    assert.equal(states.accuracy, 'idle');
  });

  it('Cancel stops a run, and the lab goes on', async () => {
    const ended = lab.run('inference');
    await lab.wait(() => document.querySelector('section[data-cell="inference"]').dataset.state === 'running');
    await lab.page.click('section[data-cell="inference"] button[data-action="cancel"]');
    assert.equal(await ended, 'idle');
    assert.equal(await lab.error('inference'), '');

    await lab.set('inference', 'runs', 1);
    assert.equal(await lab.run('inference'), 'done', await lab.error('inference'));
    const report = await lab.report('inference');
    assert.equal(report.runs, 1);
    assert.equal(report.photos.length, 4);
    assert.ok(report.float32_ms > 0 && report.dynamic_range_ms > 0);
  });
}
