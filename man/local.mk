# man: pages in mdoc.

dist_man_MANS += man/relayd.8 man/relayd.conf.5 man/wzp-protocol.7 man/wzp.1 \
	man/wzpctl.8
