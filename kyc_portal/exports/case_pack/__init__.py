"""The examiner's pack of one case: gathered, told by a page and on paper, proven by the audit log, handed out once.

`case_file` is what a pack says; `contents` opens what is sealed into it and knows no form; `page`, `paper` and
`archive` turn it into bytes and read nothing; `making` asks, records and hands out.
"""
