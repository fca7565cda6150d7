"""How long a customer's data is kept, what stops its removal, and how it is removed for good."""
