"""The revisions of the database's layout, one module each: what it changes in the one before.

A module is named r and its number, of four digits, then what it is about. `revision` and `down_revision` say the same
to alembic, and `upgrade(op)` makes the change with the operations it is handed (`bot.storage.migrate` hands them). A
revision that was released is never changed again: databases were made by it. It imports nothing of ours, for what it
does must not change with the code.

To change a table, change it in `bot.storage.tables` and add a revision that leads the last one there. No other number
is raised: the newest revision is known by the names of these modules. A test compares where they lead with the tables,
on both databases. To change a column of a SQLite table, use `op.batch_alter_table`: foreign keys do not act while
revisions run, so that to make a table anew loses nothing that refers to it.
"""
