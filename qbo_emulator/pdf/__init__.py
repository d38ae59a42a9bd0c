"""PDFs of sales and purchase forms: what is on the paper (content), and where (layout)."""
