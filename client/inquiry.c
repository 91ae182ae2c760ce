/*
 * Copyright (c) 2026 the WZP authors
 *
 * Permission to use, copy, modify, and distribute this software for any
 * purpose with or without fee is hereby granted, provided that the above
 * copyright notice and this permission notice appear in all copies.
 *
 * THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES
 * WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
 * MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR
 * ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
 * WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN
 * ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF
 * OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.
 */

/*
 * Questions and answers as events.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/inquiry.h"
#include "client/natprobe.h"
#include "client/probe.h"

struct inquiry {
	const struct client_config	*in_config;
	const struct inquiry_ops	*in_ops;
	void				*in_arg;
	struct probe			*in_probe;	/* one of the two */
	struct natprobe			*in_natprobe;
};

static void	 probe_pong(void *, double);
static void	 probe_version(void *, const char *);
static void	 probe_failed(void *, const char *);
static void	 natprobe_done(void *, const struct natprobe_result *, size_t,
		    enum nat_class, const char *);
static void	 inquiry_event(struct inquiry *, struct client_event *,
		    enum client_event_type);

static const struct probe_ops	probe_ops = {
	.pong = probe_pong,
	.version = probe_version,
	.failed = probe_failed
};

static const struct natprobe_ops natprobe_ops = {
	.done = natprobe_done
};

struct inquiry *
inquiry_new(const struct client_config *config, struct link_shared *shared,
    const struct inquiry_ops *ops, void *arg)
{
	struct inquiry	*in;

	if ((in = calloc(1, sizeof(*in))) == NULL)
		return (NULL);
	in->in_config = config;
	in->in_ops = ops;
	in->in_arg = arg;
	if (config->cc_mode == CLIENT_NAT)
		in->in_natprobe = natprobe_new(shared, config->cc_nat_relays,
		    config->cc_nat, &natprobe_ops, in);
	else
		in->in_probe = probe_new(shared, &config->cc_relay,
		    config->cc_mode == CLIENT_VERSION, &probe_ops, in);
	if (in->in_probe == NULL && in->in_natprobe == NULL) {
		free(in);
		return (NULL);
	}
	return (in);
}

void
inquiry_free(struct inquiry *in)
{
	if (in == NULL)
		return;
	probe_free(in->in_probe);
	natprobe_free(in->in_natprobe);
	free(in);
}

void
inquiry_start(struct inquiry *in)
{
	if (in->in_probe != NULL)
		probe_start(in->in_probe);
	else
		natprobe_start(in->in_natprobe);
}

void
inquiry_expire(struct inquiry *in)
{
	if (in->in_natprobe != NULL)
		natprobe_expire(in->in_natprobe);
}

uint64_t
inquiry_expiry(const struct inquiry *in)
{
	return (in->in_natprobe != NULL ? natprobe_expiry(in->in_natprobe) :
	    UINT64_MAX);
}

static void
probe_pong(void *arg, double rtt_ms)
{
	struct inquiry		*in = arg;
	struct client_event	 ev;

	memset(&ev, 0, sizeof(ev));
	ev.ce_rtt_ms = rtt_ms;
	inquiry_event(in, &ev, EVENT_PONG);
	in->in_ops->done(in->in_arg, true, NULL);
}

static void
probe_version(void *arg, const char *build)
{
	struct inquiry		*in = arg;
	struct client_event	 ev;

	memset(&ev, 0, sizeof(ev));
	ev.ce_build = build;
	inquiry_event(in, &ev, EVENT_VERSION);
	in->in_ops->done(in->in_arg, true, NULL);
}

static void
probe_failed(void *arg, const char *why)
{
	struct inquiry	*in = arg;

	in->in_ops->done(in->in_arg, false, why);
}

static void
natprobe_done(void *arg, const struct natprobe_result *results, size_t n,
    enum nat_class class, const char *consensus)
{
	const struct natprobe_result	*r;
	struct inquiry			*in = arg;
	struct client_event		 ev;
	bool				 ok = false;
	size_t				 i;

	for (i = 0; i < n; i++) {
		r = &results[i];
		memset(&ev, 0, sizeof(ev));
		ev.ce_relay = in->in_config->cc_nat_names[i];
		if (r->nr_ok) {
			ok = true;
			ev.ce_observed = r->nr_observed;
			ev.ce_rtt_ms = r->nr_rtt_ms;
		} else
			ev.ce_text = r->nr_error;
		inquiry_event(in, &ev, EVENT_NAT_RELAY);
	}
	memset(&ev, 0, sizeof(ev));
	ev.ce_class = nat_class_name(class);
	ev.ce_observed = consensus;
	inquiry_event(in, &ev, EVENT_NAT);
	in->in_ops->done(in->in_arg, ok, NULL);
}

static void
inquiry_event(struct inquiry *in, struct client_event *ev,
    enum client_event_type type)
{
	ev->ce_type = type;
	if (type == EVENT_PONG || type == EVENT_VERSION)
		ev->ce_relay = in->in_config->cc_relay_name;
	in->in_ops->event(in->in_arg, ev);
}
