"""Migrations: how the database gets from one version of the tables to the next."""

__all__: list[str] = []
