// A page beside its case (two attempts side by side) keeps the case with its reader as the case's own page does.
import { lease } from "./lease.js";

lease(new AbortController().signal);
