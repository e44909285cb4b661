"""The doors: each calls `Assistant.ask` and shows the same `Answer`."""
