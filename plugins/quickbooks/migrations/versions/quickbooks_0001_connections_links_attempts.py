"""Connections, their links, what was sent, and names read once."""

import sqlalchemy as sa
from alembic import op

from erp_core.toolkit import Encrypted, Money, UtcDateTime

revision = "quickbooks_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quickbooks_connection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("realm_id", sa.String(length=30), nullable=False),
        sa.Column("environment", sa.String(length=10), nullable=False),
        sa.Column("company_name", sa.String(length=200), nullable=False),
        sa.Column("country", sa.String(length=10), nullable=False),
        sa.Column("home_currency", sa.String(length=3), nullable=False),
        sa.Column("multicurrency", sa.Boolean(), nullable=False),
        sa.Column("preferences", sa.JSON(), nullable=False),
        sa.Column("company_read_at", UtcDateTime(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("status_reason", sa.String(length=500), nullable=False),
        sa.Column("access_token", Encrypted(), nullable=True),
        sa.Column("refresh_token", Encrypted(), nullable=True),
        sa.Column("access_expires_at", UtcDateTime(), nullable=True),
        sa.Column("refresh_expires_at", UtcDateTime(), nullable=True),
        sa.Column("refresh_hard_expires_at", UtcDateTime(), nullable=True),
        sa.Column("refresh_claimed_by", sa.String(length=60), nullable=True),
        sa.Column("refresh_claimed_until_at", UtcDateTime(), nullable=True),
        sa.Column("connected_by_id", sa.Integer(), nullable=True),
        sa.Column("connected_by", sa.String(length=100), nullable=False),
        sa.Column("connected_at", UtcDateTime(), nullable=False),
        sa.Column("last_success_at", UtcDateTime(), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "environment IN ('sandbox', 'production')", name=op.f("ck_quickbooks_connection_environment")
        ),
        sa.CheckConstraint(
            "status IN ('connected', 'needs_reconnect', 'disconnected')", name=op.f("ck_quickbooks_connection_status")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_quickbooks_connection_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quickbooks_connection")),
    )
    with op.batch_alter_table("quickbooks_connection", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quickbooks_connection_tenant_id"), ["tenant_id"], unique=False)
        batch_op.create_index(
            "uq_quickbooks_connection_realm",
            ["realm_id", "environment"],
            unique=True,
            postgresql_where=sa.text("status <> 'disconnected'"),
            sqlite_where=sa.text("status <> 'disconnected'"),
        )
        batch_op.create_index(
            "uq_quickbooks_connection_tenant_realm", ["tenant_id", "realm_id", "environment"], unique=True
        )

    op.create_table(
        "quickbooks_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("realm_id", sa.String(length=30), nullable=False),
        sa.Column("entity", sa.String(length=20), nullable=False),
        sa.Column("local_id", sa.Integer(), nullable=False),
        sa.Column("qbo_id", sa.String(length=30), nullable=False),
        sa.Column("sync_token", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_by_us", sa.Boolean(), nullable=False),
        sa.Column("linked_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("sent_revision", sa.Integer(), nullable=True),
        sa.Column("sent_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("sent_total", Money(), nullable=True),
        sa.Column("remote_total", Money(), nullable=True),
        sa.Column("remote_balance", Money(), nullable=True),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("last_read_at", UtcDateTime(), nullable=True),
        sa.Column("voided_at", UtcDateTime(), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("entity IN ('Customer', 'Item', 'Invoice')", name=op.f("ck_quickbooks_link_entity")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_quickbooks_link_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quickbooks_link")),
    )
    with op.batch_alter_table("quickbooks_link", schema=None) as batch_op:
        batch_op.create_index("ix_quickbooks_link_entity_local", ["entity", "local_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_quickbooks_link_tenant_id"), ["tenant_id"], unique=False)
        batch_op.create_index("uq_quickbooks_link_local", ["tenant_id", "realm_id", "entity", "local_id"], unique=True)
        batch_op.create_index("uq_quickbooks_link_remote", ["tenant_id", "realm_id", "entity", "qbo_id"], unique=True)

    op.create_table(
        "quickbooks_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("qbo_id", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("subtype", sa.String(length=60), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["quickbooks_connection.id"],
            name=op.f("fk_quickbooks_account_connection_id_quickbooks_connection"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_quickbooks_account_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quickbooks_account")),
        sa.UniqueConstraint("connection_id", "qbo_id", name=op.f("uq_quickbooks_account_connection_id_qbo_id")),
    )
    with op.batch_alter_table("quickbooks_account", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quickbooks_account_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "quickbooks_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("realm_id", sa.String(length=30), nullable=False),
        sa.Column("entity", sa.String(length=20), nullable=False),
        sa.Column("operation", sa.String(length=10), nullable=False),
        sa.Column("local_id", sa.Integer(), nullable=False),
        sa.Column("local_uuid", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.String(length=50), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("intuit_tid", sa.String(length=100), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("operation IN ('create', 'update')", name=op.f("ck_quickbooks_attempt_operation")),
        sa.CheckConstraint(
            "outcome IN ('open', 'unknown', 'accepted', 'refused')", name=op.f("ck_quickbooks_attempt_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["quickbooks_connection.id"],
            name=op.f("fk_quickbooks_attempt_connection_id_quickbooks_connection"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_quickbooks_attempt_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quickbooks_attempt")),
    )
    with op.batch_alter_table("quickbooks_attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quickbooks_attempt_connection_id"), ["connection_id"], unique=False)
        batch_op.create_index(
            "ix_quickbooks_attempt_record", ["tenant_id", "realm_id", "entity", "local_id", "id"], unique=False
        )
        batch_op.create_index("ix_quickbooks_attempt_request", ["realm_id", "request_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_quickbooks_attempt_tenant_id"), ["tenant_id"], unique=False)
        batch_op.create_index(
            "uq_quickbooks_attempt_undecided",
            ["tenant_id", "realm_id", "entity", "local_id"],
            unique=True,
            postgresql_where=sa.text("outcome IN ('open', 'unknown')"),
            sqlite_where=sa.text("outcome IN ('open', 'unknown')"),
        )

    op.create_table(
        "quickbooks_auto_invoice",
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("since_at", UtcDateTime(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instance.id"], name=op.f("fk_quickbooks_auto_invoice_instance_id_instance")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_quickbooks_auto_invoice_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("instance_id", name=op.f("pk_quickbooks_auto_invoice")),
    )
    with op.batch_alter_table("quickbooks_auto_invoice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quickbooks_auto_invoice_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "quickbooks_call_count",
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["quickbooks_connection.id"],
            name=op.f("fk_quickbooks_call_count_connection_id_quickbooks_connection"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_quickbooks_call_count_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("connection_id", "day", "kind", name=op.f("pk_quickbooks_call_count")),
    )
    with op.batch_alter_table("quickbooks_call_count", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quickbooks_call_count_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "quickbooks_term",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=False),
        sa.Column("qbo_id", sa.String(length=30), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("due_days", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["quickbooks_connection.id"],
            name=op.f("fk_quickbooks_term_connection_id_quickbooks_connection"),
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_quickbooks_term_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quickbooks_term")),
        sa.UniqueConstraint("connection_id", "qbo_id", name=op.f("uq_quickbooks_term_connection_id_qbo_id")),
    )
    with op.batch_alter_table("quickbooks_term", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quickbooks_term_tenant_id"), ["tenant_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("quickbooks_term", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quickbooks_term_tenant_id"))

    op.drop_table("quickbooks_term")
    with op.batch_alter_table("quickbooks_call_count", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quickbooks_call_count_tenant_id"))

    op.drop_table("quickbooks_call_count")
    with op.batch_alter_table("quickbooks_auto_invoice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quickbooks_auto_invoice_tenant_id"))

    op.drop_table("quickbooks_auto_invoice")
    with op.batch_alter_table("quickbooks_attempt", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_quickbooks_attempt_undecided",
            postgresql_where=sa.text("outcome IN ('open', 'unknown')"),
            sqlite_where=sa.text("outcome IN ('open', 'unknown')"),
        )
        batch_op.drop_index(batch_op.f("ix_quickbooks_attempt_tenant_id"))
        batch_op.drop_index("ix_quickbooks_attempt_request")
        batch_op.drop_index("ix_quickbooks_attempt_record")
        batch_op.drop_index(batch_op.f("ix_quickbooks_attempt_connection_id"))

    op.drop_table("quickbooks_attempt")
    with op.batch_alter_table("quickbooks_account", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quickbooks_account_tenant_id"))

    op.drop_table("quickbooks_account")
    with op.batch_alter_table("quickbooks_link", schema=None) as batch_op:
        batch_op.drop_index("uq_quickbooks_link_remote")
        batch_op.drop_index("uq_quickbooks_link_local")
        batch_op.drop_index(batch_op.f("ix_quickbooks_link_tenant_id"))
        batch_op.drop_index("ix_quickbooks_link_entity_local")

    op.drop_table("quickbooks_link")
    with op.batch_alter_table("quickbooks_connection", schema=None) as batch_op:
        batch_op.drop_index("uq_quickbooks_connection_tenant_realm")
        batch_op.drop_index(
            "uq_quickbooks_connection_realm",
            postgresql_where=sa.text("status <> 'disconnected'"),
            sqlite_where=sa.text("status <> 'disconnected'"),
        )
        batch_op.drop_index(batch_op.f("ix_quickbooks_connection_tenant_id"))

    op.drop_table("quickbooks_connection")
