"""Where documents, passages and vectors are kept, in generations of which one is current."""
