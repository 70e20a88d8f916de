"""Two data sets in, one evaluation out: as a page, as numbers."""
