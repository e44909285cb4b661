"""The commands of `groundrule`; each is an entry point."""
