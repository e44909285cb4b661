"""The models that read: texts to vectors, and pairs of texts to scores."""
