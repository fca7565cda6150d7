"""What we hold of one person, handed to that person: nobody else's values, no staff but by role, no note, no suspicion.

`contents` opens what is sealed, `words` says it in the customer's language, `page` renders, `making` asks and records.
"""
