"""From a request to passages, and how sure it is that they hold the answer."""
