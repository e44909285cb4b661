"""From a description to facts, and from facts to a decision: the rubric and its arithmetic."""
