"""Compiled loops over masks: maps of which each one says where one segment is."""
