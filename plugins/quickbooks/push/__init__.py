"""The flows to QuickBooks. They read, send and record, and no transaction is open while QuickBooks answers."""
