//! Tests that run in a browser; see `../tests`.
