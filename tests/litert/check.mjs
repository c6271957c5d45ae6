// Makes files in the page by clicking, saves them, and has check.py run them in LiteRT. See README.md.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Lab, launch } from '../e2e/lab.mjs';

const EDGES = ['int8', 'uint8', 'float32'];
const plain = {
  optimizations: 'default',
  representative_dataset: 'none',
  supported_ops: 'builtins',
  supported_types: 'none',
  inference_input_type: 'float32',
  inference_output_type: 'float32',
  weight_scales: 'per_channel',
};
const integers = { ...plain, representative_dataset: 'photos', supported_ops: 'builtins_int8' };
const cases = {
  float32: { ...plain, optimizations: 'none' },
  float16: { ...plain, supported_types: 'float16' },
  dynamic_range: plain,
  dynamic_range_per_tensor: { ...plain, weight_scales: 'per_tensor' },
  ...Object.fromEntries(
    EDGES.flatMap((input) =>
      EDGES.map((output) => [
        `${input}_to_${output}`,
        { ...integers, inference_input_type: input, inference_output_type: output },
      ]),
    ),
  ),
  int8_per_tensor: {
    ...integers,
    inference_input_type: 'int8',
    inference_output_type: 'int8',
    weight_scales: 'per_tensor',
  },
};

const folder = await mkdtemp(join(tmpdir(), 'octet-litert-'));
const browser = await launch();
const lab = await Lab.open(browser);
await lab.set('setup', 'backend', 'flex');
await lab.set('convert', 'samples', 8);
const models = (process.env.MODELS ?? 'mobilenet_v2,efficientnet_lite0').split(',');
for (const model of models) {
  await lab.set('baseline', 'model', model);
  for (const [name, options] of Object.entries(cases)) {
    for (const [option, value] of Object.entries(options)) await lab.set('convert', option, value);
    const state = await lab.run('convert');
    if (state !== 'done') throw new Error(`${name}: ${await lab.error('convert')}`);
    const { file, arrays, c_files, hardware } = await lab.report('convert');
    const save = async (file_name, as) => {
      const { bytes } = await lab.download(`section[data-cell="convert"] button[data-file="${file_name}"]`);
      await writeFile(join(folder, as), bytes);
      // The next file of this name must not get another one.
      await rm(join(lab.downloads, file_name));
    };
    const stem = `${model}.${name}`;
    await save(file.file_name, `${stem}.tflite`);
    await save(arrays[0].file_name, `${stem}.inputs.npy`);
    await save(arrays[1].file_name, `${stem}.outputs.npy`);
    if (c_files.length > 0) await save(c_files[0], `${stem}.h`);
    const { verdict } = hardware.find(({ hardware }) => hardware === 'microcontroller');
    await writeFile(join(folder, `${stem}.json`), JSON.stringify({ microcontroller: verdict }));
  }
}
await lab.close();
await browser.close();
const script = fileURLToPath(new URL('check.py', import.meta.url));
const { status } = spawnSync(process.env.PYTHON ?? 'python3', [script, folder], { stdio: 'inherit' });
await rm(folder, { recursive: true, force: true });
process.exit(status ?? 1);
