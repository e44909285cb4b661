"""What answers are measured by: small pure functions, each with the paper that it comes from."""
