"""Doors without logic: the command line now, the web page later."""
