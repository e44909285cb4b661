"""The Model Context Protocol: what Groundrule offers to programs with a language model of their own."""
