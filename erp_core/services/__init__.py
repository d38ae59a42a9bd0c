"""The verbs of the ERP. They obey the same rules for forms, bulk actions, the API and the command line.

Each takes the session first and the actor last, validates its input, changes the records inside the caller's
transaction, writes the activity log and announces events. None of them commits. Rows are locked in one order,
orders before invoices before payments, so that two people at once neither lose an update nor wait for each other.
"""
