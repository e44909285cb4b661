"""What stands between a text as it was found and a text worth reading: encodings, page furniture, bylines, copies."""
