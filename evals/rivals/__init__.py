"""Systems that Groundrule is compared with, each over the same documents and with the same embedding model."""
