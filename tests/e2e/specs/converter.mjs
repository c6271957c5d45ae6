// The converter's options and a model of the reader's own: files made by clicking, saved, and given back.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';

import { Lab } from '../lab.mjs';
import { png } from '../png.mjs';

const fixture = (name) => readFile(new URL(`../../fixtures/tflite/${name}`, import.meta.url));

export default function (browser) {
  let lab;
  let folder;
  let converted;
  const put = async (name, bytes) => {
    const path = join(folder, name);
    await writeFile(path, bytes);
    return path;
  };
  // Gives files to the cell by `give`, and waits for the run that follows.
  const given = async (give) => {
    const count = await lab.text('your-model', '[data-count]');
    await give();
    await lab.wait(
      (count) => {
        const section = document.querySelector('section[data-cell="your-model"]');
        const now = section.querySelector('[data-count]').textContent;
        return now !== count && /\d/.test(now);
      },
      count,
    );
    return lab.state('your-model');
  };
  const choose = (...paths) =>
    given(async () => {
      const input = await lab.page.$('section[data-cell="your-model"] input[type="file"]');
      await input.uploadFile(...paths);
    });
  // Drags files over an element, which may be marked as one that takes them, and drops them; gives what the page made of
  // each event.
  const drop = (selector, files) =>
    lab.page.$eval(
      selector,
      (element, files) => {
        const transfer = new DataTransfer();
        for (const [name, base64] of files) {
          transfer.items.add(new File([Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0))], name));
        }
        const send = (type) => {
          const event = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer });
          element.dispatchEvent(event);
          const marked = [...document.querySelectorAll('[data-drop]')].map(({ dataset }) => dataset.cell);
          return { type, marked, taken: event.defaultPrevented };
        };
        return ['dragenter', 'dragover', 'dragleave', 'dragover', 'drop'].map(send);
      },
      files.map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
    );
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'octet-models-'));
    lab = await Lab.open(browser());
    await lab.set('setup', 'backend', 'flex');
    await lab.set('convert', 'samples', 4);
    await lab.set('your-model', 'samples', 4);
    await lab.set('your-model', 'runs', 1);
  });
  after(async () => {
    await lab.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('converts for a microcontroller unless told otherwise, and prints the Python for it', async () => {
    assert.equal(await lab.run('convert'), 'done', await lab.error('convert'));
    const output = await lab.output('convert');
    for (const line of [
      'converter.optimizations = [tf.lite.Optimize.DEFAULT]',
      'converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]',
      'converter.inference_input_type = tf.int8',
    ]) {
      assert.ok(output.includes(line), `${line} is not in\n${output}`);
    }
    const report = await lab.report('convert');
    assert.equal(report.steps.at(-1).file.kind, 'full_integer');
    assert.equal(report.steps[0].file.kind, 'float32');
    const verdicts = report.hardware.map(({ hardware, verdict }) => [hardware, verdict]);
    assert.deepEqual(Object.fromEntries(verdicts), { cpu: 'yes', microcontroller: 'yes', edge_tpu: 'yes', gpu: 'partly' });
  });

  it('saves the file, its C source, and what went in and came out', async () => {
    const { file, c_files, arrays } = await lab.report('convert');
    const save = (name) => lab.download(`section[data-cell="convert"] button[data-file="${name}"]`);
    converted = await save(file.file_name);
    assert.equal(converted.name, file.file_name);
    assert.equal(converted.bytes.length, file.bytes);
    assert.equal(converted.bytes.toString('latin1', 4, 8), 'TFL3');
    const [header, source] = [await save(c_files[0]), await save(c_files[1])];
    assert.match(header.bytes.toString(), /model_data_arena_size = \d{7}/);
    assert.ok(source.bytes.toString('utf8', 0, 200).includes('#include "model_data.h"'));
    assert.equal((await save(arrays[0].file_name)).bytes.length, 128 + 4 * 224 * 224 * 3);
    assert.equal((await save(arrays[1].file_name)).bytes.length, 128 + 4 * 1000);
  });

  it('refuses what TensorFlow refuses, with its words and a way out', async () => {
    await lab.set('convert', 'representative_dataset', 'none');
    assert.equal(await lab.run('convert'), 'error');
    assert.match(await lab.error('convert'), /`representative_dataset` must be specified.*Choose a representative dataset/s);
    await lab.set('convert', 'supported_ops', 'builtins');
    assert.equal(await lab.run('convert'), 'error');
    assert.match(await lab.error('convert'), /must be tf\.float32/);
    for (const name of ['inference_input_type', 'inference_output_type']) await lab.set('convert', name, 'float32');
    assert.equal(await lab.run('convert'), 'done', await lab.error('convert'));
    const report = await lab.report('convert');
    assert.equal(report.steps.at(-1).file.kind, 'dynamic_range');
    assert.equal(report.hardware.find(({ hardware }) => hardware === 'microcontroller').verdict, 'no');
    assert.deepEqual(report.c_files, []);
  });

  it('treats the deprecated options as DEFAULT and says so', async () => {
    await lab.set('convert', 'optimizations', 'default');
    assert.equal(await lab.run('convert'), 'done');
    const { bytes } = (await lab.report('convert')).file;
    await lab.set('convert', 'optimizations', 'optimize_for_size');
    assert.equal(await lab.run('convert'), 'done');
    const report = await lab.report('convert');
    assert.equal(report.file.bytes, bytes);
    assert.match(await lab.output('convert'), /OPTIMIZE_FOR_SIZE is deprecated/);
  });

  it('ends with a note where no model is chosen', async () => {
    assert.equal(await lab.run('your-model'), 'done', await lab.error('your-model'));
    assert.match(await lab.output('your-model'), /No file is chosen/);
  });

  it('takes the converted file back as anyone’s', async () => {
    assert.equal(await choose(await put('mine.tflite', converted.bytes)), 'done', await lab.error('your-model'));
    const { model } = await lab.report('your-model');
    assert.equal(model.name, 'mine.tflite');
    assert.equal(model.anatomy.kind, 'full_integer');
    assert.equal(model.predictions[0].top5[0].label, 'Egyptian cat');
    assert.match(await lab.text('your-model', '[data-chosen]'), /mine\.tflite/);
  });

  it('takes names of classes from a text file', async () => {
    const names = Array.from({ length: 1000 }, (_, i) => `number ${i}`).join('\n');
    const files = [await put('mine.tflite', converted.bytes), await put('names.txt', names)];
    assert.equal(await choose(...files), 'done', await lab.error('your-model'));
    const { model } = await lab.report('your-model');
    assert.equal(model.predictions[0].top5[0].label, 'number 285');
  });

  it('takes a model and its names dropped on the cell', async () => {
    const names = Array.from({ length: 1000 }, (_, i) => `dropped ${i}`).join('\n');
    let events;
    const state = await given(async () => {
      events = await drop('section[data-cell="your-model"] .extra p', [['names.txt', names], ['dropped.tflite', converted.bytes]]);
    });
    assert.equal(state, 'done', await lab.error('your-model'));
    const marks = events.map(({ type, marked }) => [type, ...marked]);
    assert.deepEqual(marks, [['dragenter'], ['dragover', 'your-model'], ['dragleave'], ['dragover', 'your-model'], ['drop']]);
    const { model } = await lab.report('your-model');
    assert.equal(model.name, 'dropped.tflite');
    assert.equal(model.anatomy.bytes, converted.bytes.length);
    assert.equal(model.predictions[0].top5[0].label, 'dropped 285');
    assert.match(await lab.text('your-model', '[data-chosen]'), /dropped\.tflite.*names\.txt/);
  });

  it('leaves alone what is dropped elsewhere, and refuses two models at once', async () => {
    const [photos, count, address] = [(await lab.photos()).length, await lab.text('your-model', '[data-count]'), lab.page.url()];
    const events = await drop('section[data-cell="convert"] .panel', [['elsewhere.tflite', converted.bytes]]);
    // Taken, or the browser would open the file in place of the page.
    assert.ok(events.filter(({ type }) => type === 'drop' || type === 'dragover').every(({ taken, marked }) => taken && marked.length === 0));
    await drop('section[data-cell="your-model"] output', [['one.tflite', converted.bytes], ['two.tflite', converted.bytes]]);
    assert.match(await lab.waitForError('your-model'), /looks at one/);
    assert.deepEqual([(await lab.photos()).length, await lab.text('your-model', '[data-count]'), lab.page.url()], [photos, count, address]);
    assert.match(await lab.text('your-model', '[data-chosen]'), /dropped\.tflite/);
  });

  it('quantizes the example three ways and saves each', async () => {
    await lab.page.$eval('section[data-cell="your-model"] button[data-action="example"]', (button) => button.click());
    await lab.wait(() => document.querySelector('section[data-cell="your-model"]').dataset.state === 'running');
    await lab.wait(() => document.querySelector('section[data-cell="your-model"]').dataset.state !== 'running');
    assert.equal(await lab.state('your-model'), 'done', await lab.error('your-model'));
    const { model } = await lab.report('your-model');
    assert.deepEqual(model.variants.map(({ kind }) => kind), ['dynamic_range', 'float16', 'full_integer']);
    for (const { file } of model.variants) {
      const saved = await lab.download(`section[data-cell="your-model"] button[data-file="${file.file_name}"]`);
      assert.equal(saved.bytes.length, file.bytes);
      assert.equal(saved.bytes.toString('latin1', 4, 8), 'TFL3');
    }
  });

  const bad = {
    'a photo': ['cat.png', () => png(64, 64, () => [255, 0, 0]), /is a picture \(PNG\)/],
    'a file cut short': ['half.tflite', () => converted.bytes.subarray(0, converted.bytes.length / 2), /damaged/],
    'a file that is not a model': ['letter.tflite', () => Buffer.from('Dear reader, this is no model.'), /TFL3/],
    'operators that are not known': ['other.tflite', () => fixture('unsupported.tflite'), /operator \d+/],
    'a file of more than memory': ['large.tflite', () => Buffer.alloc(129_000_000), /at most 128/],
    'weights of an unknown network': [
      'net.safetensors',
      () => {
        const header = '{"conv.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
        const bytes = Buffer.alloc(8 + header.length + 4);
        bytes.writeBigUInt64LE(BigInt(header.length));
        bytes.write(header, 8);
        return bytes;
      },
      /not known here/,
    ],
  };
  for (const [what, [name, make, expected]] of Object.entries(bad)) {
    it(`refuses ${what} by name and goes on`, async () => {
      const photos = (await lab.photos()).length;
      const input = await lab.page.$('section[data-cell="your-model"] input[type="file"]');
      await input.uploadFile(await put(name, await make()));
      await lab.wait(
        (name) => document.querySelector('section[data-cell="your-model"] [data-error]').textContent.includes(name),
        name,
      );
      assert.match(await lab.error('your-model'), expected);
      assert.equal((await lab.photos()).length, photos);
      assert.equal(await lab.run('size'), 'done', await lab.error('size'));
    });
  }

  it('goes on with a good file after bad ones', async () => {
    assert.equal(await choose(await put('again.tflite', converted.bytes)), 'done', await lab.error('your-model'));
    assert.deepEqual(lab.faults, []);
  });
}
