"""Networks of our own, in plain torch. Importing a file of this folder needs `pip install "segweave[torch]"`."""
