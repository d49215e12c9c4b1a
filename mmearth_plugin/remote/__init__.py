"""A backend on another machine: how it is started, which folders both machines see, and whether that holds."""
