"""The database roles of a cluster (PostgreSQL), made once by its superuser."""

from __future__ import annotations

from typing import Final

#: Limits live on the role (ALTER ROLE … SET), so that no program can forget them.
_LIMITS: Final = {
    "lock_timeout": "2s",
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "10s",
}
ROLES: Final = ("vp_owner", "vp_app", "vp_worker", "vp_report", "vp_backup")


def statements(*, login: bool = True) -> list[str]:
    """
    List the SQL that makes the roles, again and again without harm.

    Passwords are not set here: give them with ``\\password`` or use peer authentication.
    """
    made = []
    for role in ROLES:
        made.append(
            f"DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object THEN NULL;"
            " WHEN unique_violation THEN NULL; END $$"
        )
        bypass = "BYPASSRLS" if role == "vp_backup" else "NOBYPASSRLS"
        made.append(
            f"ALTER ROLE {role} {'LOGIN' if login else 'NOLOGIN'} NOSUPERUSER NOCREATEDB"
            f" NOCREATEROLE {bypass}"
        )
    for role in ("vp_app", "vp_worker"):
        made += [f"ALTER ROLE {role} SET {name} = '{value}'" for name, value in _LIMITS.items()]
    return made


def database_statements(database: str) -> list[str]:
    """List the SQL that hands *database* to its owner and lets the others in."""
    quoted = '"' + database.replace('"', '""') + '"'
    return [
        f"ALTER DATABASE {quoted} OWNER TO vp_owner",
        f"REVOKE ALL ON DATABASE {quoted} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {quoted} TO vp_app, vp_worker, vp_report, vp_backup",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT ALL ON SCHEMA public TO vp_owner",
        "GRANT USAGE ON SCHEMA public TO vp_app, vp_worker, vp_report, vp_backup",
    ]
