// Octet's digit network, trained by TensorFlow.js on its wasm backend. Runs in the page training.html.
//
// That backend has no kernel for the gradient of a convolution's weights (Conv2DBackpropFilter), so a convolution
// layer cannot be trained on it as it stands. Its gradient is written here with what the backend has, in the fastest
// of the ways that were tried: the convolution of the inputs with the outputs' gradient, where batch and channels
// change places.
const { tf } = globalThis;

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const CLASSES = 10;
// Of each class, as the lab divides them: to train with and to validate with.
const EACH = { train: 400, validation: 50 };

let sets;
let weights;
let optimizer;

// Makes TensorFlow.js and the digits ready.
export async function prepare(learningRate) {
  tf.wasm.setWasmPaths('/tests/peers/node_modules/@tensorflow/tfjs-backend-wasm/dist/');
  // One thread, as everyone here.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  await tf.setBackend('wasm');
  await tf.ready();
  sets = await digits();
  const uniform = (shape, limit) => tf.randomUniform(shape, -limit, limit, 'float32', 42);
  const layer = (shape, inputs, outputs) => [
    // Glorot's initialization, Keras' default.
    tf.variable(uniform(shape, Math.sqrt(6 / (inputs + outputs)))),
    tf.variable(tf.zeros([shape.at(-1)])),
  ];
  weights = [...layer([3, 3, 1, 16], 9, 144), ...layer([3, 3, 16, 32], 144, 288), ...layer([800, CLASSES], 800, CLASSES)];
  optimizer = tf.train.adam(learningRate, 0.9, 0.999, 1e-7);
  return { backend: tf.getBackend(), version: tf.version_core, simd: await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT') };
}

// One epoch in a new order, and a look at the validation set after it, which is in the time as it is in Octet's.
export function epoch(batch) {
  const start = performance.now();
  const count = sets.train.labels.length;
  const order = tf.util.createShuffledIndices(count);
  for (let from = 0; from < count; from += batch) {
    const loss = optimizer.minimize(
      () => tf.tidy(() => lossOf(...examples(sets.train, order.slice(from, from + batch)))),
      true,
      weights,
    );
    loss.dataSync();
    loss.dispose();
  }
  const correct = correctOf(sets.validation);
  return { seconds: (performance.now() - start) / 1000, digits: count, accuracy: correct / sets.validation.labels.length };
}

function lossOf(images, labels) {
  return tf.losses.softmaxCrossEntropy(tf.oneHot(labels, CLASSES), forward(images));
}

function forward(images) {
  const [w1, b1, w2, b2, w3, b3] = weights;
  const first = tf.maxPool(tf.relu(tf.add(conv(images, w1, false), b1)), 2, 2, 'valid');
  const second = tf.maxPool(tf.relu(tf.add(conv(first, w2, true), b2)), 2, 2, 'valid');
  return tf.add(tf.matMul(tf.reshape(second, [images.shape[0], 800]), w3), b3);
}

function conv(images, filter, wantsInputs) {
  const ofFilter = (x, dy) => 
    tf.transpose(tf.conv2d(tf.transpose(x, [3, 1, 2, 0]), tf.transpose(dy, [1, 2, 0, 3]), 1, 'valid'), [1, 2, 0, 3]);
  const operation = tf.customGrad((x, w, save) => {
    save([x, w]);
    return {
      value: tf.conv2d(x, w, 1, 'valid'),
      gradFunc: (dy, [x, w]) => [wantsInputs ? tf.conv2dTranspose(dy, w, x.shape, 1, 'valid') : tf.zerosLike(x), ofFilter(x, dy)],
    };
  });
  return operation(images, filter);
}

function correctOf(set) {
  let correct = 0;
  for (let from = 0; from < set.labels.length; from += 100) {
    const places = Array.from({ length: Math.min(100, set.labels.length - from) }, (_, at) => from + at);
    correct += tf.tidy(() => {
      const [images, labels] = examples(set, places);
      return tf.sum(tf.equal(tf.argMax(forward(images), 1), labels)).dataSync()[0];
    });
  }
  return correct;
}

function examples(set, places) {
  const images = new Float32Array(places.length * PIXELS);
  const labels = new Int32Array(places.length);
  [...places].forEach((place, at) => {
    images.set(set.images.subarray(place * PIXELS, (place + 1) * PIXELS), at * PIXELS);
    labels[at] = set.labels[place];
  });
  return [tf.tensor4d(images, [places.length, SIDE, SIDE, 1]), tf.tensor1d(labels, 'int32')];
}

// The lab's own file, divided by class.
async function digits() {
  const bytes = await (await fetch('/www/models/digits.safetensors')).arrayBuffer();
  const length = Number(new DataView(bytes).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length)));
  const part = (name) => new Uint8Array(bytes, 8 + length).subarray(...header[name].data_offsets);
  const [pixels, labels] = [part('images'), part('labels')];
  const found = { train: [], validation: [] };
  const seen = Array(CLASSES).fill(0);
  labels.forEach((label, place) => {
    const rank = seen[label]++;
    if (rank < EACH.train) found.train.push(place);
    else if (rank < EACH.train + EACH.validation) found.validation.push(place);
  });
  const gather = (places) => ({
    images: Float32Array.from(places.flatMap((place) => [...pixels.subarray(place * PIXELS, (place + 1) * PIXELS)]), (pixel) => pixel / 255),
    labels: Int32Array.from(places, (place) => labels[place]),
  });
  return { train: gather(found.train), validation: gather(found.validation) };
}
