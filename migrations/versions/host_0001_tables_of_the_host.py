"""tables of the host"""

import sqlalchemy as sa
from alembic import op

import erp_core.models.types

revision = "host_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox_schedule",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("next_run_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_outbox_schedule")),
    )
    op.create_table(
        "outbox_stream",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("holder", sa.String(length=100), nullable=True),
        sa.Column("lease_until_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("delay_until_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("delay_reason", sa.String(length=300), nullable=True),
        sa.Column("hold_reason", sa.String(length=300), nullable=True),
        sa.Column("operator_hold", sa.String(length=300), nullable=True),
        sa.Column("updated_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(holder IS NULL) = (lease_until_at IS NULL)", name=op.f("ck_outbox_stream_lease")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_outbox_stream")),
    )
    op.create_table(
        "plugin_setting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plugin", sa.String(length=40), nullable=False),
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("values", sa.String(), nullable=False),
        sa.Column("updated_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plugin_setting")),
        sa.UniqueConstraint("plugin", "scope", "scope_id", name=op.f("uq_plugin_setting_plugin_scope_scope_id")),
    )
    op.create_table(
        "tenant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
    )
    op.create_table(
        "customer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("account_code", sa.String(length=30), nullable=False),
        sa.Column("terms_days", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("tax_exempt", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("billing_line1", sa.String(length=200), nullable=False),
        sa.Column("billing_line2", sa.String(length=200), nullable=False),
        sa.Column("billing_city", sa.String(length=100), nullable=False),
        sa.Column("billing_region", sa.String(length=100), nullable=False),
        sa.Column("billing_postal_code", sa.String(length=30), nullable=False),
        sa.Column("billing_country", sa.String(length=60), nullable=False),
        sa.Column("shipping_line1", sa.String(length=200), nullable=False),
        sa.Column("shipping_line2", sa.String(length=200), nullable=False),
        sa.Column("shipping_city", sa.String(length=100), nullable=False),
        sa.Column("shipping_region", sa.String(length=100), nullable=False),
        sa.Column("shipping_postal_code", sa.String(length=30), nullable=False),
        sa.Column("shipping_country", sa.String(length=60), nullable=False),
        sa.Column("created_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("terms_days >= 0", name=op.f("ck_customer_terms")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_customer_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
        sa.UniqueConstraint("uuid", name=op.f("uq_customer_uuid")),
    )
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.create_index(
            "ix_customer_account_code",
            ["tenant_id", "account_code"],
            unique=True,
            postgresql_where=sa.text("account_code <> ''"),
            sqlite_where=sa.text("account_code <> ''"),
        )
        batch_op.create_index(batch_op.f("ix_customer_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "instance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("timezone", sa.String(length=50), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("created_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_instance_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
        sa.UniqueConstraint("tenant_id", "code", name=op.f("uq_instance_tenant_id_code")),
    )
    with op.batch_alter_table("instance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_instance_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "product",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("price", erp_core.models.types.Exact(scale=6), nullable=False),
        sa.Column("cost", erp_core.models.types.Exact(scale=6), nullable=False),
        sa.Column("taxable", sa.Boolean(), nullable=False),
        sa.Column("stock", erp_core.models.types.Exact(scale=6), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('goods', 'service')", name=op.f("ck_product_kind")),
        sa.CheckConstraint("price >= 0", name=op.f("ck_product_price")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_product_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("uuid", name=op.f("uq_product_uuid")),
    )
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_product_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "tax_rate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("percent", erp_core.models.types.Exact(scale=6), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("percent >= 0", name=op.f("ck_tax_rate_percent")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_tax_rate_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_rate")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_tax_rate_tenant_id_name")),
    )
    with op.batch_alter_table("tax_rate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tax_rate_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("password_hash", sa.String(length=300), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("session_version", sa.Integer(), nullable=False),
        sa.Column("created_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(role = 'host') = (tenant_id IS NULL)", name=op.f("ck_user_host_has_no_tenant")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_user_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
    )
    with op.batch_alter_table("user", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_user_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=True),
        sa.Column("at", erp_core.models.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor_name", sa.String(length=100), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("ip", sa.String(length=45), nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject_type", sa.String(length=30), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("summary", sa.String(length=500), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_activity_instance_id_instance")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_activity_tenant_id_tenant")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_activity_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
    )
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.create_index("ix_activity_subject", ["subject_type", "subject_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_activity_tenant_id"), ["tenant_id"], unique=False)
        batch_op.create_index("ix_activity_tenant_newest", ["tenant_id", "id"], unique=False)

    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("hint", sa.String(length=12), nullable=False),
        sa.Column("created_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_api_token_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_user_id"), ["user_id"], unique=False)

    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("email", sa.String(length=100), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_contact_customer_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "idempotency_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("created_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_idempotency_key_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_key")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_idempotency_key_user_id_key")),
    )
    with op.batch_alter_table("idempotency_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_key_created_at"), ["created_at"], unique=False)

    op.create_table(
        "number_series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("prefix", sa.String(length=12), nullable=False),
        sa.Column("next_number", sa.Integer(), nullable=False),
        sa.Column("padding", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('order', 'invoice', 'payment')", name=op.f("ck_number_series_kind")),
        sa.CheckConstraint("next_number > 0", name=op.f("ck_number_series_positive")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_number_series_instance_id_instance")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_series")),
        sa.UniqueConstraint("instance_id", "kind", name=op.f("uq_number_series_instance_id_kind")),
    )
    op.create_table(
        "order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("seller_id", sa.Integer(), nullable=True),
        sa.Column("order_date", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("memo", sa.String(length=1000), nullable=False),
        sa.Column("commission", erp_core.models.types.Exact(scale=4), nullable=False),
        sa.Column("discount", erp_core.models.types.Exact(scale=4), nullable=False),
        sa.Column("shipping", erp_core.models.types.Exact(scale=4), nullable=False),
        sa.Column("tax_rate_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'confirmed', 'shipped', 'invoiced', 'paid', 'cancelled')", name=op.f("ck_order_state")
        ),
        sa.CheckConstraint("discount >= 0", name=op.f("ck_order_discount")),
        sa.CheckConstraint("shipping >= 0", name=op.f("ck_order_shipping")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_order_customer_id_customer")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_order_instance_id_instance")),
        sa.ForeignKeyConstraint(["seller_id"], ["customer.id"], name=op.f("fk_order_seller_id_customer")),
        sa.ForeignKeyConstraint(["tax_rate_id"], ["tax_rate.id"], name=op.f("fk_order_tax_rate_id_tax_rate")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_order_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order")),
        sa.UniqueConstraint("instance_id", "number", name=op.f("uq_order_instance_id_number")),
        sa.UniqueConstraint("uuid", name=op.f("uq_order_uuid")),
    )
    with op.batch_alter_table("order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index("ix_order_instance_state", ["instance_id", "state", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_order_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "outbox_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stream", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("job", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=201), nullable=False),
        sa.Column("plugin", sa.String(length=40), nullable=True),
        sa.Column("instance_id", sa.Integer(), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "in_flight",
                "done",
                "failed",
                "held",
                "dropped",
                name="messagestate",
                native_enum=False,
                length=10,
            ),
            nullable=False,
        ),
        sa.Column("not_before_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("error", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("hold_reason", sa.String(length=300), nullable=True),
        sa.Column("actor_kind", sa.String(length=10), nullable=False),
        sa.Column("actor_name", sa.String(length=100), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_ip", sa.String(length=45), nullable=True),
        sa.Column("created_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("started_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("finished_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state <> 'held' OR hold_reason IS NOT NULL", name=op.f("ck_outbox_message_held_has_reason")
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'in_flight', 'done', 'failed', 'held', 'dropped')",
            name=op.f("ck_outbox_message_state"),
        ),
        sa.CheckConstraint("attempts >= 0 AND failures >= 0", name=op.f("ck_outbox_message_counters")),
        sa.ForeignKeyConstraint(["actor_id"], ["user.id"], name=op.f("fk_outbox_message_actor_id_user")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_outbox_message_instance_id_instance")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_outbox_message_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
    )
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_message_claim", ["state", "stream", "priority", "id"], unique=False)
        batch_op.create_index("ix_outbox_message_count", ["state", "tenant_id", "plugin", "instance_id"], unique=False)
        batch_op.create_index("ix_outbox_message_subject", ["subject", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_message_tenant_id"), ["tenant_id"], unique=False)
        batch_op.create_index(
            "uq_outbox_message_waiting_key",
            ["key"],
            unique=True,
            postgresql_where=sa.text("state IN ('pending', 'held')"),
            sqlite_where=sa.text("state IN ('pending', 'held')"),
        )

    op.create_table(
        "payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("payment_date", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", erp_core.models.types.Exact(scale=4), nullable=False),
        sa.Column("method", sa.String(length=30), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("voided_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_amount")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_payment_customer_id_customer")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_payment_instance_id_instance")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_payment_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
        sa.UniqueConstraint("instance_id", "number", name=op.f("uq_payment_instance_id_number")),
        sa.UniqueConstraint("uuid", name=op.f("uq_payment_uuid")),
    )
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index("ix_payment_instance", ["instance_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_payment_tenant_id"), ["tenant_id"], unique=False)

    op.create_table(
        "plugin_instance",
        sa.Column("plugin", sa.String(length=40), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_plugin_instance_instance_id_instance")),
        sa.PrimaryKeyConstraint("plugin", "instance_id", name=op.f("pk_plugin_instance")),
    )
    op.create_table(
        "invoice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("instance_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("invoice_date", sa.Date(), nullable=False),
        sa.Column("due_date", sa.Date(), nullable=False),
        sa.Column("issued_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("memo", sa.String(length=1000), nullable=False),
        sa.Column("subtotal", erp_core.models.types.Exact(scale=4), nullable=False),
        sa.Column("discount", erp_core.models.types.Exact(scale=4), nullable=False),
        sa.Column("shipping", erp_core.models.types.Exact(scale=4), nullable=False),
        sa.Column("tax", erp_core.models.types.Exact(scale=4), nullable=False),
        sa.Column("total", erp_core.models.types.Exact(scale=4), nullable=False),
        sa.Column("balance", erp_core.models.types.Exact(scale=4), nullable=False),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", erp_core.models.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("(number IS NULL) = (status = 'draft')", name=op.f("ck_invoice_drafts_have_no_number")),
        sa.CheckConstraint("status IN ('draft', 'sent', 'partial', 'paid', 'voided')", name=op.f("ck_invoice_status")),
        sa.CheckConstraint("total >= 0 AND balance >= 0 AND balance <= total", name=op.f("ck_invoice_balance")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_invoice_customer_id_customer")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_invoice_instance_id_instance")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_invoice_order_id_order")),
        sa.ForeignKeyConstraint(["replaces_id"], ["invoice.id"], name=op.f("fk_invoice_replaces_id_invoice")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_invoice_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("uuid", name=op.f("uq_invoice_uuid")),
    )
    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invoice_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index("ix_invoice_instance_status", ["instance_id", "status", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invoice_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invoice_tenant_id"), ["tenant_id"], unique=False)
        batch_op.create_index("uq_invoice_instance_number", ["instance_id", "number"], unique=True)
        batch_op.create_index(
            "uq_invoice_live_order",
            ["order_id"],
            unique=True,
            postgresql_where=sa.text("status <> 'voided'"),
            sqlite_where=sa.text("status <> 'voided'"),
        )

    op.create_table(
        "order_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=False),
        sa.Column("quantity", erp_core.models.types.Exact(scale=6), nullable=False),
        sa.Column("unit_price", erp_core.models.types.Exact(scale=6), nullable=False),
        sa.Column("amount", erp_core.models.types.Exact(scale=4), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_line_quantity")),
        sa.CheckConstraint("unit_price >= 0", name=op.f("ck_order_line_price")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_order_line_order_id_order")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_order_line_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
    )
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_line_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_order_line_product_id"), ["product_id"], unique=False)

    op.create_table(
        "invoice_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("description", sa.String(length=1000), nullable=False),
        sa.Column("quantity", erp_core.models.types.Exact(scale=6), nullable=False),
        sa.Column("unit_price", erp_core.models.types.Exact(scale=6), nullable=False),
        sa.Column("amount", erp_core.models.types.Exact(scale=4), nullable=False),
        sa.Column("taxable", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_line_invoice_id_invoice")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_invoice_line_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_line")),
    )
    with op.batch_alter_table("invoice_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invoice_line_invoice_id"), ["invoice_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_invoice_line_product_id"), ["product_id"], unique=False)

    op.create_table(
        "invoice_tax_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("percent", erp_core.models.types.Exact(scale=6), nullable=False),
        sa.Column("taxable_amount", erp_core.models.types.Exact(scale=4), nullable=False),
        sa.Column("amount", erp_core.models.types.Exact(scale=4), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_tax_line_invoice_id_invoice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_tax_line")),
    )
    with op.batch_alter_table("invoice_tax_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invoice_tax_line_invoice_id"), ["invoice_id"], unique=False)

    op.create_table(
        "payment_allocation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.Integer(), nullable=False),
        sa.Column("invoice_id", sa.Integer(), nullable=False),
        sa.Column("amount", erp_core.models.types.Exact(scale=4), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_allocation_amount")),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_payment_allocation_invoice_id_invoice")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_payment_allocation_payment_id_payment")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_allocation")),
        sa.UniqueConstraint("payment_id", "invoice_id", name=op.f("uq_payment_allocation_payment_id_invoice_id")),
    )
    with op.batch_alter_table("payment_allocation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_allocation_invoice_id"), ["invoice_id"], unique=False)
    op.create_index("uq_customer_name", "customer", ["tenant_id", sa.text("lower(name)")], unique=True)
    op.create_index("uq_product_sku", "product", ["tenant_id", sa.text("lower(sku)")], unique=True)
    _make_activity_append_only()


def _make_activity_append_only() -> None:
    """The log must stay what it was, whoever writes to the database."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER activity_no_{act.lower()} BEFORE {act} ON activity "
                "BEGIN SELECT RAISE(ABORT, 'the activity log is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION activity_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the activity log is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER activity_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON activity "
        "FOR EACH STATEMENT EXECUTE FUNCTION activity_append_only()"
    )


def downgrade() -> None:
    with op.batch_alter_table("payment_allocation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payment_allocation_invoice_id"))

    op.drop_table("payment_allocation")
    with op.batch_alter_table("invoice_tax_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invoice_tax_line_invoice_id"))

    op.drop_table("invoice_tax_line")
    with op.batch_alter_table("invoice_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invoice_line_product_id"))
        batch_op.drop_index(batch_op.f("ix_invoice_line_invoice_id"))

    op.drop_table("invoice_line")
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_line_product_id"))
        batch_op.drop_index(batch_op.f("ix_order_line_order_id"))

    op.drop_table("order_line")
    with op.batch_alter_table("invoice", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_invoice_live_order",
            postgresql_where=sa.text("status <> 'voided'"),
            sqlite_where=sa.text("status <> 'voided'"),
        )
        batch_op.drop_index("uq_invoice_instance_number")
        batch_op.drop_index(batch_op.f("ix_invoice_tenant_id"))
        batch_op.drop_index(batch_op.f("ix_invoice_order_id"))
        batch_op.drop_index("ix_invoice_instance_status")
        batch_op.drop_index(batch_op.f("ix_invoice_customer_id"))

    op.drop_table("invoice")
    op.drop_table("plugin_instance")
    with op.batch_alter_table("payment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payment_tenant_id"))
        batch_op.drop_index("ix_payment_instance")
        batch_op.drop_index(batch_op.f("ix_payment_customer_id"))

    op.drop_table("payment")
    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_outbox_message_waiting_key",
            postgresql_where=sa.text("state IN ('pending', 'held')"),
            sqlite_where=sa.text("state IN ('pending', 'held')"),
        )
        batch_op.drop_index(batch_op.f("ix_outbox_message_tenant_id"))
        batch_op.drop_index("ix_outbox_message_subject")
        batch_op.drop_index("ix_outbox_message_count")
        batch_op.drop_index("ix_outbox_message_claim")

    op.drop_table("outbox_message")
    with op.batch_alter_table("order", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_tenant_id"))
        batch_op.drop_index("ix_order_instance_state")
        batch_op.drop_index(batch_op.f("ix_order_customer_id"))

    op.drop_table("order")
    op.drop_table("number_series")
    with op.batch_alter_table("idempotency_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_key_created_at"))

    op.drop_table("idempotency_key")
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_contact_customer_id"))

    op.drop_table("contact")
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_token_user_id"))

    op.drop_table("api_token")
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.drop_index("ix_activity_tenant_newest")
        batch_op.drop_index(batch_op.f("ix_activity_tenant_id"))
        batch_op.drop_index("ix_activity_subject")

    op.drop_table("activity")
    with op.batch_alter_table("user", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_user_tenant_id"))

    op.drop_table("user")
    with op.batch_alter_table("tax_rate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tax_rate_tenant_id"))

    op.drop_table("tax_rate")
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_product_tenant_id"))

    op.drop_table("product")
    with op.batch_alter_table("instance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_instance_tenant_id"))

    op.drop_table("instance")
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_customer_tenant_id"))
        batch_op.drop_index(
            "ix_customer_account_code",
            postgresql_where=sa.text("account_code <> ''"),
            sqlite_where=sa.text("account_code <> ''"),
        )

    op.drop_table("customer")
    op.drop_table("tenant")
    op.drop_table("plugin_setting")
    op.drop_table("outbox_stream")
    op.drop_table("outbox_schedule")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION activity_append_only()")
