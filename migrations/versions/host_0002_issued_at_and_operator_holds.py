"""when an invoice was issued, and holds of the operator apart from those of plugins"""

import sqlalchemy as sa
from alembic import op

import erp_core.models.types

revision = "host_0002"
down_revision = "host_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("invoice", sa.Column("issued_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=True))
    op.execute("UPDATE invoice SET issued_at = created_at WHERE number IS NOT NULL")
    op.add_column("outbox_stream", sa.Column("operator_hold", sa.String(length=300), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("outbox_stream", schema=None) as batch_op:
        batch_op.drop_column("operator_hold")
    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.drop_column("issued_at")
