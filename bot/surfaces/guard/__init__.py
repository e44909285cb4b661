"""What stands around the whole server: keys, logins, limits, origins, headers and the log."""
