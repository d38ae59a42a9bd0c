"""QuickBooks Online for the host ERP."""
