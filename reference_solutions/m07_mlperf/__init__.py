"""Module 7: benchmarks and workloads: MLPerf essentials."""
