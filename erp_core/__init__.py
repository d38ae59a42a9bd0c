"""The host ERP: tenants, orders and invoices. It runs, and is useful, with no plugin at all."""
