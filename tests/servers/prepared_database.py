"""A PostgreSQL database whose tables outlive their rows: making them takes longer than most tests."""

from __future__ import annotations

import psycopg

COLUMNS = """
SELECT string_agg(relname || '.' || attname || ':' || atttypid, ',' ORDER BY relname, attnum)
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace
"""
CUT_OFF = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()
"""
END_TRANSACTIONS = f"{CUT_OFF.rstrip()} AND state <> 'idle'"
"""An idle connection holds nothing: who keeps it saves making another."""
DELETE_ROWS = """
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;  -- whatever refers to what
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
END $$
"""
"""Cheaper than TRUNCATE, which makes new files."""
DROP_TABLES = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


class PreparedDatabase:
    """Has its tables by now. `connection` stays open, which saves two for each test."""

    def __init__(self, url: str, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        self.url = url
        self._connection = connection
        self._shape = self._columns()

    def restore(self) -> bool:
        """Cut off who is at something and delete all rows; False if the tables are not as they were."""
        self._connection.execute(END_TRANSACTIONS)
        if self._columns() != self._shape:
            return False
        self._connection.execute(DELETE_ROWS)
        return True

    def close(self) -> None:
        self._connection.close()

    def _columns(self) -> object:
        return self._connection.execute(COLUMNS).fetchone()
