"""The database that everything is kept in: where it is, its tables, and the way from one layout to the next."""
