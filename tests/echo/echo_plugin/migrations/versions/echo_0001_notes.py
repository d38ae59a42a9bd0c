"""notes"""

import sqlalchemy as sa
from alembic import op

import erp_core.models.types

revision = "echo_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "echo_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("created_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_echo_note_instance_id_instance")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_echo_note_invoice_id_invoice")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_echo_note_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_echo_note")),
        sa.UniqueConstraint("invoice_id", name=op.f("uq_echo_note_invoice_id")),
    )
    op.create_index(op.f("ix_echo_note_instance_id"), "echo_note", ["instance_id"])
    op.create_index(op.f("ix_echo_note_tenant_id"), "echo_note", ["tenant_id"])


def downgrade() -> None:
    op.drop_table("echo_note")
