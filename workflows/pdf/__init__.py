"""PDF through PDFium, for all workflows: opening a file, and what stands where on a page."""
