# controld: what is built here.
