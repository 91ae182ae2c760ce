# regress/auth: an auth server for the cases of lookupd.
check_PROGRAMS += regress/auth/wzp-auth
regress_auth_wzp_auth_SOURCES = regress/auth/auth.h regress/auth/cert.c \
	regress/auth/dns.c regress/auth/main.c
regress_auth_wzp_auth_LDADD = $(TLS_LIBS) $(BSD_LIBS)
EXTRA_DIST += regress/auth/dns.sh regress/auth/lib.sh
