"""What every test may rely on."""

pytest_plugins = ["erp_core.testing"]
