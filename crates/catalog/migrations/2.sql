-- Schema 2: when each server was asked last, and when it is to be asked again.

CREATE TABLE visits (
    server_id INTEGER PRIMARY KEY REFERENCES servers (id),
    asked_at TEXT NOT NULL,
    due_at TEXT NOT NULL,
    streak INTEGER NOT NULL     -- visits in a row that found no change; below zero, that failed
) STRICT;
