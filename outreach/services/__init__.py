"""The service lines: one folder each, all alike. Lines never import each other; they name each other's pages."""
