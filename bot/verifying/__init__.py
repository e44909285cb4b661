"""Whether passages support a sentence, and whether a citation still stands in its document."""
