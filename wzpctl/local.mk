# wzpctl: what is built here.
