"""The administrators' and auditors' face: the audit log page, exports, and a read-only look into /admin/."""
