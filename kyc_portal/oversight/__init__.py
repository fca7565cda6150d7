"""What watches over the product by itself and tells operators; no face, and no rule of the domain."""
