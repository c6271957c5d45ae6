//! Graphs from and to `.tflite` bytes.
