"""Words: what any message or text may hold, whoever says it. Knows no request, no passage ranking and no answer."""
