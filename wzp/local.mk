# wzp: what is built here.
