// Both models on both backends know what they knew in PyTorch; their files are what they claim to be.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, it } from 'node:test';

import { Lab } from '../lab.mjs';

const expected = JSON.parse(await readFile(new URL('../../fixtures/expected_top5.json', import.meta.url)));

export default function (browser) {
  let lab;
  before(async () => {
    lab = await Lab.open(browser());
    await lab.set('inference', 'runs', 1);
  });
  after(() => lab.close());

  it('runs on ndarray unless told otherwise', async () => {
    assert.equal(await lab.get('setup', 'backend'), 'ndarray');
    assert.equal(await lab.run('setup'), 'done', await lab.error('setup'));
    assert.equal((await lab.report('setup')).backend, 'ndarray');
  });

  for (const [backend, model] of [
    ['ndarray', 'mobilenet_v2'],
    ['flex', 'mobilenet_v2'],
    ['flex', 'efficientnet_lite0'],
  ]) {
    it(`${model} on ${backend} sees what it saw in PyTorch`, async () => {
      await lab.set('setup', 'backend', backend);
      assert.equal(await lab.run('setup'), 'done', await lab.error('setup'));
      await lab.set('baseline', 'model', model);
      assert.equal(await lab.run('baseline'), 'done', await lab.error('baseline'));
      const report = await lab.report('baseline');
      assert.equal(report.model, model);
      assert.equal(report.backend, backend);
      for (const [photo, [best]] of Object.entries(expected[model])) {
        const found = report.predictions.find(({ title }) => title === photo).top5[0];
        assert.equal(found.index, best.index, `${photo}: ${found.label}`);
        assert.equal(found.label, best.label);
        assert.ok(Math.abs(found.probability - best.probability) <= 0.005, `${photo}: ${found.probability}`);
      }
    });
  }

  it('offers both files, as long as it says and readable', async () => {
    await lab.set('baseline', 'model', 'mobilenet_v2');
    assert.equal(await lab.run('size'), 'done', await lab.error('size'));
    const { files, ratio } = await lab.report('size');
    assert.deepEqual(files.map(({ precision }) => precision), ['float32', 'dynamic_range']);
    assert.ok(Math.abs(ratio - files[0].bytes / files[1].bytes) < 1e-9);
    assert.ok(ratio > 3, `only ${ratio} times smaller`);
    for (const { precision, file_name, bytes } of files) {
      const file = await lab.download(`section[data-cell="quantize"] button[data-action="download"][data-precision="${precision}"]`);
      assert.equal(file.name, file_name);
      assert.equal(file.bytes.length, bytes);
      const types = typesOfSafetensors(file.bytes);
      assert.ok(types.has(precision === 'float32' ? 'F32' : 'I8'), [...types].join());
    }
  });
}

// The element types in a safetensors file, whose tensors must lie one after the other to the end.
function typesOfSafetensors(bytes) {
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__, ...tensors } = JSON.parse(bytes.toString('utf8', 8, start));
  const spans = Object.values(tensors).map(({ data_offsets }) => data_offsets).sort(([a], [b]) => a - b);
  let end = 0;
  for (const [from, to] of spans) {
    assert.equal(from, end);
    end = to;
  }
  assert.equal(start + end, bytes.length);
  return new Set(Object.values(tensors).map(({ dtype }) => dtype));
}
