"""From passages to an answer in Markdown, each claim with its number."""
