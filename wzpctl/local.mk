# wzpctl: the control tool.

sbin_PROGRAMS += wzpctl/wzpctl
wzpctl_wzpctl_SOURCES = wzpctl/wzpctl.c wzpctl/output.c wzpctl/output.h
wzpctl_wzpctl_LDADD = $(YYJSON_LIBS) $(BSD_LIBS)
