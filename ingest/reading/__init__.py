"""Files and pages to documents: what they say, cleaned, in canonical form, and where it comes from."""
