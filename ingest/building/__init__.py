"""From the documents of the next index to its passages and vectors: what is taken over, what is made, and how."""
