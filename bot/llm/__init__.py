"""A language model's part: it phrases passages, and what it writes is checked before it is shown."""
