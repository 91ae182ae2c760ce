# registryd: what is built here.
