"""The QuickBooks Online API: a library over python-quickbooks and intuit-oauth.

It knows neither Flask nor the database nor the ERP, makes exactly the calls it is asked for, and repeats none."""
