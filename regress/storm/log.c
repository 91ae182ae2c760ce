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
 * What the clients are told, written down: one JSON object a line, `t' in
 * microseconds of the monotonic clock.
 */

#include "config.h"

#include <stdarg.h>
#include <string.h>

#include "common/base/clock.h"
#include "regress/storm/storm.h"

#define HANGUP_FIRST_MS	300	/* of media in a call of the pool */
#define HANGUP_SPAN_MS	300

static void	 log_call(struct peer *, const char *,
		    const struct client_event *);
static void	 log_end(struct peer *, const struct client_event *);
static void	 log_media(struct peer *, const struct client_event *);

void
storm_say(struct storm *st, const struct peer *p, const char *event)
{
	storm_log(st, p, event, "%s", "");
}

void
storm_log(struct storm *st, const struct peer *p, const char *event,
    const char *fmt, ...)
{
	va_list	ap;

	fprintf(st->st_log, "{\"t\":%llu,\"ev\":\"%s\"",
	    (unsigned long long)(clock_mono_ns() / 1000), event);
	if (p != NULL)
		fprintf(st->st_log, ",\"c\":%u", p->pe_index);
	va_start(ap, fmt);
	vfprintf(st->st_log, fmt, ap);
	va_end(ap);
	fputs("}\n", st->st_log);
}

void
storm_event(struct peer *p, const struct client_event *ev)
{
	struct storm	*st = p->pe_storm;

	if (p->pe_kind == PEER_PASSING) {
		if (ev->ce_type == EVENT_CONNECTED)
			p->pe_joined = true;
		return;
	}
	switch (ev->ce_type) {
	case EVENT_REGISTERED:
		p->pe_registered = true;
		storm_say(st, p, "registered");
		break;
	case EVENT_UNREGISTERED:
		p->pe_registered = false;
		log_call(p, "lost", ev);
		break;
	case EVENT_OFFER_SENT:
		(void)strlcpy(p->pe_call, ev->ce_call_id, sizeof(p->pe_call));
		st->st_offers++;
		log_call(p, "offer", ev);
		break;
	case EVENT_INCOMING:
		(void)strlcpy(p->pe_call, ev->ce_call_id, sizeof(p->pe_call));
		p->pe_busy = true;
		log_call(p, "incoming", ev);
		break;
	case EVENT_BUSY:
		log_call(p, "busy", ev);
		break;
	case EVENT_RINGING:
		log_call(p, "ringing", ev);
		break;
	case EVENT_ANSWERED:
		log_call(p, "answered", ev);
		break;
	case EVENT_SETUP:
		log_call(p, "setup", ev);
		break;
	case EVENT_MEDIA_START:
		log_media(p, ev);
		break;
	case EVENT_MEDIA_LOST:
		p->pe_joined = false;
		log_call(p, "medialost", ev);
		break;
	case EVENT_HANGUP:
		log_call(p, "hangup", ev);
		break;
	case EVENT_CALL_END:
		log_end(p, ev);
		break;
	case EVENT_ERROR:
	case EVENT_WARNING:
		log_call(p, ev->ce_type == EVENT_ERROR ? "error" : "warning",
		    ev);
		break;
	default:
		break;
	}
}

unsigned int
storm_draw(struct storm *st, unsigned int n)
{
	uint64_t	x = st->st_random += UINT64_C(0x9e3779b97f4a7c15);

	/* splitmix64 */
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	x ^= x >> 31;
	return ((unsigned int)(x % n));
}

/* The library's own words need no escapes; what strangers say is left out. */
static void
log_call(struct peer *p, const char *name, const struct client_event *ev)
{
	const char	*id = ev->ce_call_id;
	bool		 text;

	text = ev->ce_text != NULL && strpbrk(ev->ce_text, "\"\\") == NULL;
	storm_log(p->pe_storm, p, name, ",\"call\":\"%s\"%s%s%s%s%s%s%s%s%s%s",
	    id != NULL ? id : p->pe_call,
	    p->pe_with != NULL ? ",\"caller\":true" : "",
	    ev->ce_reason != NULL ? ",\"reason\":\"" : "",
	    ev->ce_reason != NULL ? ev->ce_reason : "",
	    ev->ce_reason != NULL ? "\"" : "",
	    ev->ce_by != NULL ? ",\"by\":\"" : "",
	    ev->ce_by != NULL ? ev->ce_by : "",
	    ev->ce_by != NULL ? "\"" : "",
	    text ? ",\"text\":\"" : "", text ? ev->ce_text : "",
	    text ? "\"" : "");
}

static void
log_media(struct peer *p, const struct client_event *ev)
{
	struct storm	*st = p->pe_storm;

	p->pe_joined = true;
	storm_log(st, p, "media", ",\"call\":\"%s\",\"slot\":%d",
	    ev->ce_call_id != NULL ? ev->ce_call_id : p->pe_call,
	    p->pe_media_slot);
	if (p->pe_kind != PEER_POOL || p->pe_with == NULL ||
	    p->pe_hangup_at != 0)
		return;
	p->pe_hangup_at = clock_mono_ns() + (HANGUP_FIRST_MS +
	    storm_draw(st, HANGUP_SPAN_MS)) * NS_PER_MS;
	p->pe_hangup_by = storm_draw(st, 2) == 0 ? p : p->pe_with;
}

static void
log_end(struct peer *p, const struct client_event *ev)
{
	const struct media_stats	*ms = ev->ce_media;

	p->pe_storm->st_lost_heard += ms->ms_rx.ps_lost;
	storm_log(p->pe_storm, p, "callend", ",\"call\":\"%s\",\"sent\":%llu,"
	    "\"received\":%llu,\"lost\":%llu,\"longest_ms\":%u,"
	    "\"gap_ms\":%llu", p->pe_call, (unsigned long long)ms->ms_sent,
	    (unsigned long long)ms->ms_rx.ps_packets,
	    (unsigned long long)ms->ms_rx.ps_lost, ms->ms_rx.ps_longest_ms,
	    (unsigned long long)(p->pe_gap_ns / NS_PER_MS));
	p->pe_busy = p->pe_joined = false;
	p->pe_with = NULL;
	p->pe_hangup_at = 0;
	p->pe_hangup_by = NULL;
	p->pe_gap_ns = 0;
	p->pe_call[0] = '\0';
}
