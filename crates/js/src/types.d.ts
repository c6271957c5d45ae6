/** The typed arrays that tensors are read from and written to: one for each `DType`. */
export type TensorArray =
  | Float32Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | BigInt64Array;

/** The type of a tensor’s numbers, by TFLite’s and NumPy’s name. */
export type DType = 'float32' | 'float16' | 'int8' | 'uint8' | 'int16' | 'int32' | 'int64' | 'bool';

/** What TensorFlow Lite tells of an input or output. */
export interface TensorDetails {
  /** Its name in the file. */
  name: string;
  /** What `setTensor` and `getTensor` know it by. */
  index: number;
  /** Row-major; batch, height, width, channels for images. */
  shape: number[];
  dtype: DType;
  /** `[scale, zeroPoint]`: a real is `scale · (q − zeroPoint)`. `[0, 0]` without quantization, or with one for each channel. */
  quantization: [number, number];
  /** The same for each channel along `quantizedDimension`; empty without quantization. */
  quantizationParameters: { scales: Float32Array; zeroPoints: Int32Array; quantizedDimension: number };
}

export interface InterpreterOptions {
  /** `simd` (the default), or plain loops that are bit-exact with TensorFlow Lite’s reference kernels. Both give the same integers. */
  kernels?: 'simd' | 'reference';
  /** Keep every tensor’s memory, so that `getTensor` can read those between operators. Default: false. */
  preserveAllTensors?: boolean;
}

/** A TensorFlow Lite model, run in TensorFlow Lite’s steps. */
export class Interpreter {
  /** Reads a `.tflite` file. Throws an `Error` that names what is damaged or not supported. */
  constructor(model: Uint8Array | ArrayBuffer, options?: InterpreterOptions);
  /** Packs the weights and allocates memory; before anything but the details is asked for. */
  allocateTensors(): void;
  /** Bytes that activations and working memory share, weights not counted; as TensorFlow Lite Micro’s `arena_used_bytes`. */
  arenaBytes(): number;
  getInputDetails(): TensorDetails[];
  getOutputDetails(): TensorDetails[];
  /** Puts numbers into an input. They stay until others are put in. */
  setTensor(index: number, values: TensorArray): void;
  /** Runs the model. Allocates nothing. */
  invoke(): void;
  /** A copy of a tensor’s numbers, in the typed array that fits its type. */
  getTensor(index: number): TensorArray;
  /** Gives the memory back. The interpreter is of no use afterwards. */
  free(): void;
  [Symbol.dispose](): void;
}

/** Halves away from zero, as TFLite rounds, or to the even neighbour, as NumPy and PyTorch do. */
export type Rounding = 'half_away_from_zero' | 'half_to_even';

export interface QuantizeOptions {
  /** There is no default, since libraries disagree. */
  rounding: Rounding;
  /** 2 to 16. Default: 8. */
  bits?: number;
  /** Integers from −2^(bits−1), or from 0. Default: true. */
  signed?: boolean;
  /** Leave the smallest integer out, as TFLite does for weights: −127 to 127. Default: false. */
  narrow?: boolean;
  /** Zero in the middle of the integers. Default: false. */
  symmetric?: boolean;
  /** The shape of the values; needed with `axis`. */
  shape?: number[];
  /** A scale for each index of this axis. Default: one for all. */
  axis?: number;
  /** Take this scale (or one for each index of the axis) instead of the one that just holds all values. */
  scale?: number | Float32Array | number[];
  /** Beside `scale`. Default: 0. */
  zeroPoint?: number | Int32Array | number[];
}

/** Integers and what they stand for: `scale · (q − zeroPoint)`. */
export interface Quantized {
  values: Int8Array | Uint8Array | Int16Array | Uint16Array;
  scales: Float32Array | number[];
  zeroPoints?: Int32Array | number[];
  /** With one scale for each index of an axis. */
  shape?: number[];
  axis?: number;
}

/** Turns real numbers into integers. */
export function quantize(values: Float32Array | number[], options: QuantizeOptions): Quantized;

/** Turns integers back into the reals that they stand for. */
export function dequantize(quantized: Quantized): Float32Array;

/** What a model is converted to, by TFLite’s names. */
export type Mode = 'float32' | 'float16' | 'dynamic_range' | 'full_integer';

/** How the range of an activation is chosen from what was observed. */
export type Observer = 'min_max' | 'moving_average' | 'percentile' | 'mse' | 'entropy' | 'histogram';

/** One sample: the numbers of the model’s input, or one array for each input. */
export type Sample = Float32Array | number[] | Float32Array[] | number[][];

export interface ConvertOptions {
  mode: Mode;
  /** Needed for `full_integer`: inputs like those that the model will see; a hundred or so are usual. */
  representativeDataset?: Iterable<Sample> | (() => Iterable<Sample>);
  /** Default: `min_max`. */
  observer?: Observer;
  /** A scale for each output channel of the weights. Default: true. */
  perChannel?: boolean;
  /** What a full-integer model takes. Default: `float32`. */
  inferenceInputType?: 'float32' | 'int8' | 'uint8';
  /** What it gives. Default: `float32`. */
  inferenceOutputType?: 'float32' | 'int8' | 'uint8';
}

/** Quantizes a float `.tflite` file; gives the bytes of another. */
export function convert(model: Uint8Array | ArrayBuffer, options: ConvertOptions): Uint8Array;
