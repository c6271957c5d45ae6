// A server that has lost a model file, or half of it.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';

import { serveWithFaults } from '../faulty_server.mjs';
import { Lab } from '../lab.mjs';

const MODEL = 'mobilenet_v2.safetensors';

export default function (browser) {
  const faults = {};
  let server;
  let lab;
  before(async () => {
    server = await serveWithFaults(faults);
    lab = await Lab.open(browser(), { url: server.url });
    await lab.set('setup', 'backend', 'flex');
  });
  after(async () => {
    await lab.close();
    await server.close();
  });

  for (const fault of ['missing', 'short']) {
    it(`a model file that is ${fault} is an error of its cell only`, async () => {
      faults[MODEL] = fault;
      assert.equal(await lab.run('data'), 'done', await lab.error('data'));
      const output = await lab.output('data');
      assert.equal(await lab.run('baseline'), 'error');
      assert.match(await lab.error('baseline'), /mobilenet_v2/);
      assert.equal(await lab.state('data'), 'done');
      assert.equal(await lab.output('data'), output);
    });
  }

  it('works once the file is there', async () => {
    delete faults[MODEL];
    assert.equal(await lab.run('baseline'), 'done', await lab.error('baseline'));
    assert.equal(await lab.error('baseline'), '');
  });
}
