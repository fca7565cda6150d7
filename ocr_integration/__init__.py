"""Everything about reading a permit: the service's contract, its wire protocol, a client, a compatible server.

Plain Python: no Django, no settings, no portal. Everything it needs is passed in.
"""
