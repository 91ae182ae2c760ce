# etc: what is built here.
