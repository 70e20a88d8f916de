"""Decompression of what is nearly all zeros (`kernels.py`)."""
