// Each engine as a page would use it, on one thread. Runs in the browser. Given a model's bytes, a runtime gives a
// function from an input's numbers to the output's, with all that lies in between.

export const runtimes = {
  async Octet() {
    const { default: init, Interpreter } = await import('octet');
    await init();
    return (bytes) => {
      const interpreter = new Interpreter(bytes, { kernels: 'simd' });
      interpreter.allocateTensors();
      const [input] = interpreter.getInputDetails();
      const [output] = interpreter.getOutputDetails();
      return (numbers) => {
        interpreter.setTensor(input.index, numbers);
        interpreter.invoke();
        return interpreter.getTensor(output.index);
      };
    };
  },

  async 'LiteRT.js'() {
    const { Tensor, loadAndCompile, loadLiteRt } = await import('@litertjs/core');
    await loadLiteRt('/tests/peers/node_modules/@litertjs/core/wasm/', { threads: false });
    return async (bytes) => {
      const model = await loadAndCompile(bytes, { accelerator: 'wasm', cpuOptions: { numThreads: 1 } });
      return async (numbers) => {
        const input = new Tensor(numbers, [1, 224, 224, 3]);
        const [output] = await model.run(input);
        const result = output.toTypedArray();
        input.delete();
        output.delete();
        return result;
      };
    };
  },

  async 'onnxruntime-web'() {
    const ort = await import('onnxruntime-web/wasm');
    ort.env.wasm.numThreads = 1;
    return async (bytes) => {
      const session = await ort.InferenceSession.create(bytes, { executionProviders: ['wasm'], graphOptimizationLevel: 'all' });
      const [input] = session.inputNames;
      const [output] = session.outputNames;
      return async (numbers) => {
        const results = await session.run({ [input]: new ort.Tensor('float32', numbers, [1, 3, 224, 224]) });
        return results[output].data;
      };
    };
  },
};
