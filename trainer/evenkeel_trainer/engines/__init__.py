"""One file per library: fits, chooses features and writes ONNX; knows nothing of jobs."""
