// The JavaScript package, installed from its tarball and used as an outsider would: in Node and in Chromium.
import assert from 'node:assert/strict';
import { copyFile, readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { launch, need } from './chromium.mjs';
import { serveFolder } from './static_server.mjs';

const installed = need('OCTET_PACKAGE');
// The folder that it was installed into.
const folder = dirname(dirname(installed));
const repository = fileURLToPath(new URL('../..', import.meta.url));
const fixture = (name) => join(repository, 'tests/fixtures/package', name);
const facts = JSON.parse(await readFile(fixture('tiny.json'), 'utf8'));

// What an outsider writes. Runs in Node and, as text, in the page: it may use nothing but its arguments.
function classify(octet, model, { samples, int8_input }, options) {
  const interpreter = new octet.Interpreter(model, options);
  interpreter.allocateTensors();
  const [input] = interpreter.getInputDetails();
  const [output] = interpreter.getOutputDetails();
  interpreter.setTensor(input.index, input.dtype === 'float32' ? Float32Array.from(samples[0]) : Int8Array.from(int8_input));
  interpreter.invoke();
  const values = Array.from(interpreter.getTensor(output.index));
  interpreter.free();
  return { input: { ...input, quantizationParameters: undefined }, values };
}

function close(found, expected, tolerance) {
  assert.equal(found.length, expected.length);
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(found[i] - value) <= tolerance, `${i}: ${found[i]}, not ${value}`);
}

describe('the tarball', () => {
  it('holds the module, its types and a README', async () => {
    const files = await readdir(installed);
    for (const name of ['README.md', 'octet.js', 'octet.d.ts', 'octet_bg.wasm', 'octet_relaxed_bg.wasm', 'package.json']) assert.ok(files.includes(name), name);
    const types = await readFile(join(installed, 'octet.d.ts'), 'utf8');
    for (const name of ['class Interpreter', 'function quantize', 'function dequantize', 'function convert']) assert.ok(types.includes(name), name);
  });
});

describe('in Node', () => {
  let octet, float32, int8;
  before(async () => {
    octet = await import(pathToFileURL(join(installed, 'octet.js')).href);
    octet.initSync({ module: await readFile(join(installed, 'octet_bg.wasm')) });
    float32 = await readFile(fixture('tiny_float32.tflite'));
    int8 = await readFile(fixture('tiny_int8.tflite'));
  });

  it('runs a float32 model', () => {
    const { input, values } = classify(octet, float32, facts);
    assert.equal(input.dtype, 'float32');
    assert.deepEqual(input.shape, [1, 8, 8, 3]);
    close(values, facts.float32_output, 1e-5);
  });

  it('runs an int8 model to the same integers as LiteRT’s reference kernels', () => {
    for (const kernels of ['simd', 'reference']) {
      const { input, values } = classify(octet, int8, facts, { kernels });
      assert.equal(input.dtype, 'int8');
      assert.deepEqual([Math.fround(input.quantization[0]), input.quantization[1]], facts.int8_input_quantization);
      assert.deepEqual(values, facts.int8_output);
    }
  });

  it('takes an ArrayBuffer, a part of a larger buffer, and keeps tensors on request', () => {
    const whole = new Uint8Array(int8.length + 7);
    whole.set(int8, 3);
    assert.deepEqual(classify(octet, whole.subarray(3, 3 + int8.length), facts).values, facts.int8_output);
    assert.deepEqual(classify(octet, whole.slice(3, 3 + int8.length).buffer, facts).values, facts.int8_output);
    const interpreter = new octet.Interpreter(int8, { preserveAllTensors: true });
    interpreter.allocateTensors();
    interpreter.invoke();
    const inner = Math.max(...interpreter.getInputDetails().map(({ index }) => index), ...interpreter.getOutputDetails().map(({ index }) => index)) - 1;
    assert.ok(interpreter.getTensor(inner).length > 0);
  });

  it('quantizes and dequantizes', () => {
    const values = Float32Array.from([-1, -0.26, 0, 0.5, 1]);
    const quantized = octet.quantize(values, { rounding: 'half_away_from_zero' });
    assert.ok(quantized.values instanceof Int8Array);
    close(octet.dequantize(quantized), values, quantized.scales[0] / 2 + 1e-6);
    assert.equal(octet.dequantize(quantized)[2], 0);
    const channels = octet.quantize([1, 2, 10, 20], { rounding: 'half_to_even', symmetric: true, narrow: true, shape: [2, 2], axis: 0 });
    assert.deepEqual(Array.from(channels.values), [64, 127, 64, 127]);
    assert.deepEqual(channels.shape, [2, 2]);
    close(octet.dequantize(channels), [1, 2, 10, 20], 0.1);
    // Halves.
    const halves = (rounding) => Array.from(octet.quantize([0.5, 1.5, -0.5], { rounding, scale: 1, zeroPoint: 0 }).values);
    assert.deepEqual(halves('half_away_from_zero'), [1, 2, -1]);
    assert.deepEqual(halves('half_to_even'), [0, 2, 0]);
    const given = octet.quantize([0, 255], { rounding: 'half_to_even', signed: false, scale: 1 });
    assert.deepEqual(given.values, Uint8Array.from([0, 255]));
    assert.ok(octet.quantize([1], { rounding: 'half_to_even', bits: 12 }).values instanceof Int16Array);
  });

  it('converts a float32 model as TensorFlow does, to a step of the output', () => {
    const representativeDataset = facts.samples.map((sample) => Float32Array.from(sample));
    const options = { mode: 'full_integer', representativeDataset, inferenceInputType: 'int8', inferenceOutputType: 'int8' };
    const ours = octet.convert(float32, options);
    const { input, values } = classify(octet, ours, facts);
    assert.deepEqual([Math.fround(input.quantization[0]), input.quantization[1]], facts.int8_input_quantization);
    // TensorFlow calibrates with other kernels, whose floats differ in the last digits.
    close(values, facts.int8_output, 1);
    // The same in other words.
    const generated = octet.convert(float32, { ...options, representativeDataset: function* () { for (const sample of facts.samples) yield [sample]; } });
    assert.deepEqual(generated, ours);
    // All at once: the edges float32, the observers, one scale a tensor.
    for (const observer of ['min_max', 'moving_average', 'percentile', 'mse', 'entropy', 'histogram']) {
      const model = octet.convert(float32, { mode: 'full_integer', representativeDataset, observer, perChannel: false });
      close(classify(octet, model, facts).values, facts.float32_output, 0.15);
    }
    assert.ok(new octet.Interpreter(octet.convert(float32, { mode: 'float16' })));
    for (const mode of ['float32', 'dynamic_range']) {
      close(classify(octet, octet.convert(float32, { mode }), facts).values, facts.float32_output, mode === 'float32' ? 1e-5 : 0.02);
    }
    const bytes = new octet.Interpreter(octet.convert(float32, { ...options, inferenceInputType: 'uint8', inferenceOutputType: 'float32' }));
    assert.deepEqual([...bytes.getInputDetails(), ...bytes.getOutputDetails()].map(({ dtype }) => dtype), ['uint8', 'float32']);
  });

  it('says in plain English what is wrong', () => {
    const fresh = (options) => new octet.Interpreter(int8, options);
    const allocated = () => {
      const interpreter = fresh();
      interpreter.allocateTensors();
      return interpreter;
    };
    const index = fresh().getInputDetails()[0].index;
    const output = fresh().getOutputDetails()[0].index;
    const wrong = [
      [() => new octet.Interpreter(), /bytes of a \.tflite file, as a Uint8Array or an ArrayBuffer/],
      [() => new octet.Interpreter('model.tflite'), /bytes of a \.tflite file/],
      [() => new octet.Interpreter(new Uint8Array(100)), /cannot be read: this is not a TFLite model/],
      [() => new octet.Interpreter(int8.subarray(0, 1000)), /cannot be read/],
      [() => fresh({ kernel: 'simd' }), /no option “kernel”.*kernels/],
      [() => fresh({ kernels: 'fast' }), /“kernels” must be one of “simd”, “reference”/],
      [() => fresh().invoke(), /Call allocateTensors\(\) before invoke\(\)/],
      [() => fresh().setTensor(index, new Int8Array(192)), /Call allocateTensors\(\) before setTensor\(\)/],
      [() => fresh().arenaBytes(), /Call allocateTensors\(\) before arenaBytes\(\)/],
      [() => fresh().getTensor(output), /Call allocateTensors\(\) before getTensor\(\)/],
      [() => allocated().setTensor(index, new Float32Array(192)), /holds int8: pass an Int8Array, not a Float32Array/],
      [() => allocated().setTensor(index, Array(192).fill(0)), /needs a typed array.*Int8Array/],
      [() => allocated().setTensor(index, new Int8Array(191)), /holds 192 numbers; 191 were given/],
      [() => allocated().setTensor(output, new Int8Array(5)), /is not an input/],
      [() => allocated().setTensor(999, new Int8Array(5)), /no such tensor/],
      [() => allocated().getTensor('input'), /no such tensor/],
      [() => octet.convert(float32), /“mode” must be one of “float32”, “float16”, “dynamic_range”, “full_integer”/],
      [() => octet.convert(int8, { mode: 'dynamic_range' }), /cannot be converted: operator 0 \(CONV_2D\) works with integers already/],
      [() => octet.convert(float32, { mode: 'full_integer' }), /needs “representativeDataset”/],
      [() => octet.convert(float32, { mode: 'full_integer', representativeDataset: [] }), /seen no sample/],
      [() => octet.convert(float32, { mode: 'full_integer', representativeDataset: [1, 2] }), /Sample 0 .* must be a Float32Array/],
      [() => octet.convert(float32, { mode: 'full_integer', representativeDataset: [[[1], [2]]] }), /numbers for 2 inputs; the model has 1/],
      [() => octet.convert(float32, { mode: 'full_integer', representativeDataset: [Array(191).fill(0)] }), /Sample 0 .*holds 192 numbers; 191 were given/],
      [() => octet.convert(float32, { mode: 'full_integer', representativeDataset: [Array(192).fill(NaN)] }), /Sample 0 .*NaN/],
      [() => octet.quantize([1], {}), /“rounding” must be one of/],
      [() => octet.quantize([1, NaN], { rounding: 'half_to_even' }), /value 1 is NaN or infinite/],
      [() => octet.quantize('1', { rounding: 'half_to_even' }), /Float32Array or an array of numbers/],
      [() => octet.quantize([1], { rounding: 'half_to_even', bits: 40 }), /40 bits/],
      [() => octet.quantize([1], { rounding: 'half_to_even', axis: 1 }), /no axis 1/],
      [() => octet.dequantize({ values: [1], scales: [1] }), /must be an Int8Array/],
      [() => octet.dequantize({ values: new Int8Array(4), scales: [1, 2] }), /2 scales for 1 channels/],
    ];
    for (const [act, message] of wrong) assert.throws(act, (error) => error instanceof Error && message.test(error.message) || assert.fail(`${act}: ${error}`));
    // It goes on as if nothing had happened.
    assert.deepEqual(classify(octet, int8, facts).values, facts.int8_output);
  });
});

describe('in Chromium', () => {
  let browser, server, page;
  const faults = [];
  before(async () => {
    await copyFile(join(repository, 'crates/js/example/index.html'), join(folder, 'index.html'));
    await copyFile(fixture('tiny_int8.tflite'), join(folder, 'tiny_int8.tflite'));
    server = await serveFolder(folder);
    browser = await launch();
    page = await browser.newPage();
    page.on('pageerror', (error) => faults.push(`${error}`));
    await page.goto(`${server.url}/index.html`);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it('runs an int8 model to the same integers, with relaxed SIMD and without', async () => {
    for (const wasm of ['octet_relaxed_bg.wasm', 'octet_bg.wasm']) {
      const found = await page.evaluate(
        async (classify, facts, wasm) => {
          const octet = await import(`./node_modules/octet/octet.js?${wasm}`);
          await octet.default({ module_or_path: `./node_modules/octet/${wasm}` });
          const model = await (await fetch('tiny_int8.tflite')).arrayBuffer();
          return new Function(`return ${classify}`)()(octet, model, facts);
        },
        `${classify}`,
        facts,
        wasm,
      );
      assert.deepEqual(found.values, facts.int8_output);
    }
  });

  it('chooses relaxed SIMD by itself', async () => {
    const loaded = await page.evaluate(async () => {
      // Not the example's own instance, which has loaded its wasm already.
      performance.clearResourceTimings();
      const octet = await import('./node_modules/octet/octet.js?fresh');
      await octet.default();
      return performance.getEntriesByType('resource').map(({ name }) => name.split('/').at(-1)).filter((name) => name.endsWith('.wasm'));
    });
    assert.deepEqual(loaded, ['octet_relaxed_bg.wasm']);
  });

  it('has an example page that works, in under 30 lines', async () => {
    const lines = (await readFile(join(repository, 'crates/js/example/index.html'), 'utf8')).trimEnd().split('\n');
    assert.ok(lines.length < 30, `${lines.length} lines`);
    const input = await page.$('input');
    await input.uploadFile(fixture('tiny_int8.tflite'));
    await page.waitForFunction(() => document.querySelector('pre').textContent.includes(' ms'));
    assert.match(await page.$eval('pre', (pre) => pre.textContent), /int8 \[1,8,8,3\] → int8 \[1,5\]/);
    await input.uploadFile(fixture('tiny.json'));
    await page.waitForFunction(() => document.querySelector('pre').textContent.includes('cannot be read'));
    assert.deepEqual(faults, []);
  });
});
