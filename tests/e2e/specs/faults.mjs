// A server that has lost a file, or half of it; a browser that lacks what the lab needs.
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';

import { serveWithFaults } from '../faulty_server.mjs';
import { Lab } from '../lab.mjs';

const MODEL = 'mobilenet_v2.safetensors';
// Whichever the browser takes.
const WORKERS = ['octet-worker_bg.wasm', 'octet-worker_relaxed_bg.wasm'];

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

  it('says that the worker is missing, and works once it is there', async () => {
    for (const worker of WORKERS) faults[worker] = 'missing';
    const lame = await Lab.open(browser(), { url: server.url, worker: 'failed' });
    assert.equal(await lame.run('setup'), 'error');
    assert.match(await lame.error('setup'), /worker|lab/);
    for (const worker of WORKERS) delete faults[worker];
    assert.equal(await lame.run('setup'), 'done', await lame.error('setup'));
    await lame.close();
  });

  it('says that the browser has no SIMD', async () => {
    const old = await Lab.open(browser(), { worker: 'unsupported', prepare: () => (WebAssembly.validate = () => false) });
    await old.page.click('section[data-cell="setup"] button[data-action="run"]');
    assert.match(await old.waitForError('setup'), /SIMD/);
    assert.equal(await old.state('setup'), 'error');
    assert.equal(await old.state('data'), 'idle');
    await old.close();
  });
}
