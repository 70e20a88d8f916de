"""Foreign networks as `SegmentationModel`s: one file for each library that runs them."""
