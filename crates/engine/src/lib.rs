//! Runs a graph.
