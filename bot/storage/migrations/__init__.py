"""The revisions of the database's layout, one module each: what it changes in the one before.

`bot.storage.migrate` runs them. A module is named r and its number, of four digits, then what it is about; `revision` and `down_revision` say the same
to alembic, and `upgrade(op)` makes the change with the operations it is handed. A revision that was released is never
changed again: databases were made by it. It imports nothing of ours, for what it does must not change with the code.

To change a table: change it in `bot.storage.tables`, and add a revision that leads the last one there. No other number
is raised; a test compares where the revisions lead with the tables, on both databases. To change a column of a SQLite
table, use `op.batch_alter_table`: foreign keys do not act while revisions run, so that it loses no row.
"""
