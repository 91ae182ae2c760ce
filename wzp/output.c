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
 * Output of events.  Strings of strangers reach a terminal escaped only.
 */

#include "config.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "common/wire/identity.h"
#include "wzp/output.h"

#define TEXT_MAX	512

static bool	json;
static int	verbose;
static char	own[IDENTITY_FP_STRLEN];

static void	 put_string(const char *);
static size_t	 utf8_length(const uint8_t *);
static void	 begin(const char *);
static void	 field(const char *, const char *);
static void	 number(const char *, uint64_t);
static void	 decimal(const char *, double);
static void	 boolean(const char *, bool);
static void	 end(void);
static void	 event_json(const struct client_event *);
static void	 media_json(const struct media_stats *);
static void	 paths_json(const struct path_counts *);
static void	 event_text(const struct client_event *);
static void	 media_text(const struct client_event *);
static void	 start_text(const struct client_event *);
static const char
		*way(const char *);
static void	 mismatch_text(const struct client_event *);
static const char
		*safe(char *, size_t, const char *);

static const char *const	names[EVENT_TYPE_MAX] = {
	[EVENT_CONNECTED] = "connected",
	[EVENT_PINNED] = "pinned",
	[EVENT_PIN_MISMATCH] = "pin_mismatch",
	[EVENT_REGISTERED] = "registered",
	[EVENT_UNREGISTERED] = "unregistered",
	[EVENT_INCOMING] = "incoming",
	[EVENT_BUSY] = "busy",
	[EVENT_OFFER_SENT] = "offer_sent",
	[EVENT_RINGING] = "ringing",
	[EVENT_ANSWERED] = "answered",
	[EVENT_E2E] = "e2e",
	[EVENT_SETUP] = "setup",
	[EVENT_MEDIA_START] = "media_start",
	[EVENT_HEARD] = "heard",
	[EVENT_PATH] = "path",
	[EVENT_MEDIA_LOST] = "media_lost",
	[EVENT_ROOM_UPDATE] = "room_update",
	[EVENT_STATS] = "stats",
	[EVENT_HANGUP] = "hangup",
	[EVENT_CALL_END] = "call_end",
	[EVENT_PONG] = "pong",
	[EVENT_VERSION] = "version",
	[EVENT_NAT_RELAY] = "nat_relay",
	[EVENT_NAT] = "nat",
	[EVENT_WARNING] = "warning",
	[EVENT_ERROR] = "error",
};

void
output_init(bool as_json, int level)
{
	json = as_json;
	verbose = level;
}

void
output_identity(const char *fingerprint, const char *path, bool created)
{
	(void)strlcpy(own, fingerprint, sizeof(own));
	if (json) {
		begin("identity");
		field("fingerprint", fingerprint);
		if (created)
			field("created", path);
		end();
		return;
	}
	if (created)
		fprintf(stderr, "wzp: a new identity is in %s\n", path);
}

void
output_event(const struct client_event *ev)
{
	if (json)
		event_json(ev);
	else
		event_text(ev);
}

void
output_error(const char *fmt, ...)
{
	va_list	ap;
	char	text[TEXT_MAX];

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "wzp: %s\n", text);
	if (!json)
		return;
	begin("error");
	field("text", text);
	end();
}

void
output_exit(bool ok)
{
	if (!json)
		return;
	begin("exit");
	boolean("ok", ok);
	end();
}

/* JSON */

static void
event_json(const struct client_event *ev)
{
	begin(names[ev->ce_type]);
	if (ev->ce_call_id != NULL)
		field("call_id", ev->ce_call_id);
	if (ev->ce_room != NULL)
		field("room", ev->ce_room);
	if (ev->ce_from != NULL)
		field("from", ev->ce_from);
	if (ev->ce_to != NULL)
		field("to", ev->ce_to);
	if (ev->ce_alias != NULL)
		field("alias", ev->ce_alias);
	if (ev->ce_relay != NULL)
		field("relay", ev->ce_relay);
	if (ev->ce_relay_addr != NULL)
		field("relay_addr", ev->ce_relay_addr);
	if (ev->ce_tls_fp != NULL)
		field("tls_fp", ev->ce_tls_fp);
	if (ev->ce_pinned != NULL)
		field("pinned", ev->ce_pinned);
	if (ev->ce_file != NULL)
		field("file", ev->ce_file);
	if (ev->ce_line != 0)
		number("line", ev->ce_line);
	if (ev->ce_build != NULL)
		field(ev->ce_type == EVENT_REGISTERED ? "relay_build" :
		    "build", ev->ce_build);
	if (ev->ce_mode != NULL)
		field("mode", ev->ce_mode);
	if (ev->ce_reason != NULL)
		field("reason", ev->ce_reason);
	if (ev->ce_by != NULL)
		field("by", ev->ce_by);
	if (ev->ce_path != NULL)
		field("path", ev->ce_path);
	if (ev->ce_local != NULL)
		field("local", ev->ce_local);
	if (ev->ce_remote != NULL)
		field("remote", ev->ce_remote);
	if (ev->ce_class != NULL)
		field("class", ev->ce_class);
	if (ev->ce_observed != NULL)
		field("observed", ev->ce_observed);
	if (ev->ce_text != NULL)
		field("text", ev->ce_text);
	if (ev->ce_type == EVENT_ROOM_UPDATE)
		number("count", ev->ce_count);
	if (ev->ce_type == EVENT_PONG || ev->ce_type == EVENT_STATS ||
	    (ev->ce_type == EVENT_NAT_RELAY && ev->ce_text == NULL))
		decimal("rtt_ms", ev->ce_rtt_ms);
	if (ev->ce_media != NULL)
		media_json(ev->ce_media);
	if (ev->ce_paths != NULL)
		paths_json(ev->ce_paths);
	/* Each call says whether the relay can hear it. */
	if (ev->ce_type == EVENT_E2E || ev->ce_type == EVENT_MEDIA_START ||
	    ev->ce_type == EVENT_CALL_END || ev->ce_type == EVENT_INCOMING)
		boolean("e2e", ev->ce_e2e);
	if (ev->ce_words != NULL)
		field("words", ev->ce_words);
	end();
	if (ev->ce_type == EVENT_ERROR || ev->ce_type == EVENT_PIN_MISMATCH)
		event_text(ev);
}

static void
media_json(const struct media_stats *ms)
{
	const struct media_codec_info	*info;

	number("sent", ms->ms_sent);
	number("received", ms->ms_rx.ps_packets);
	number("lost", ms->ms_rx.ps_lost);
	number("concealed", ms->ms_rx.ps_concealed);
	number("longest_concealed_ms", ms->ms_rx.ps_longest_ms);
	number("late", ms->ms_rx.ps_late);
	number("duplicate", ms->ms_rx.ps_duplicate);
	number("unknown", ms->ms_rx.ps_unknown);
	number("not_sent", ms->ms_dropped);
	number("jitter_ms", ms->ms_rx.ps_jitter_ms);
	number("delay_ms", ms->ms_rx.ps_delay_ms);
	number("media_ms", ms->ms_steps * 20);
	if ((info = media_codec_info(ms->ms_codec)) != NULL)
		field("codec", info->name);
}

static void
paths_json(const struct path_counts *pc)
{
	number("relay_sent", pc->pc_relay_sent);
	number("relay_received", pc->pc_relay_received);
	number("direct_sent", pc->pc_direct_sent);
	number("direct_received", pc->pc_direct_received);
	number("repeated", pc->pc_repeated);
	number("refused", pc->pc_refused);
	number("strangers", pc->pc_strangers);
}

static void
begin(const char *event)
{
	printf("{\"event\":\"%s\"", event);
}

static void
end(void)
{
	printf("}\n");
	(void)fflush(stdout);
}

static void
field(const char *name, const char *value)
{
	printf(",\"%s\":", name);
	put_string(value);
}

static void
number(const char *name, uint64_t value)
{
	printf(",\"%s\":%llu", name, (unsigned long long)value);
}

static void
decimal(const char *name, double value)
{
	printf(",\"%s\":%.3f", name, value);
}

static void
boolean(const char *name, bool value)
{
	printf(",\"%s\":%s", name, value ? "true" : "false");
}

/* A JSON string (RFC 8259 7); bytes that are no UTF-8 become U+FFFD. */
static void
put_string(const char *s)
{
	const uint8_t	*p = (const uint8_t *)s;
	size_t		 n;

	putchar('"');
	while (*p != '\0') {
		if (*p == '"' || *p == '\\')
			printf("\\%c", *p++);
		else if (*p < 0x20 || *p == 0x7f)
			printf("\\u%04x", *p++);
		else if ((n = utf8_length(p)) > 0) {
			(void)fwrite(p, 1, n, stdout);
			p += n;
		} else {
			printf("\\ufffd");
			p++;
		}
	}
	putchar('"');
}

/* Bytes of the character at p, 0: none that may be (RFC 3629 4). */
static size_t
utf8_length(const uint8_t *p)
{
	uint8_t	low = 0x80, high = 0xbf;
	size_t	n, i;

	if (p[0] < 0x80)
		return (1);
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return (0);
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	for (i = 1; i < n; i++) {
		if (p[i] < low || p[i] > high)
			return (0);
		low = 0x80;
		high = 0xbf;
	}
	return (n);
}

/* Sentences */

static void
event_text(const struct client_event *ev)
{
	char	a[TEXT_MAX], b[TEXT_MAX];

	switch (ev->ce_type) {
	case EVENT_CONNECTED:
		if (verbose > 0)
			printf("connected to %s\n", ev->ce_relay);
		break;
	case EVENT_PINNED:
		printf("relay %s seen for the first time, certificate\n"
		    "  %s\n  is now in %s\n", ev->ce_relay, ev->ce_tls_fp,
		    ev->ce_file);
		break;
	case EVENT_PIN_MISMATCH:
		mismatch_text(ev);
		break;
	case EVENT_REGISTERED:
		printf("registered as %s%s%s\n", own,
		    ev->ce_build != NULL ? ", relay build " : "",
		    ev->ce_build != NULL ? safe(a, sizeof(a), ev->ce_build) :
		    "");
		break;
	case EVENT_UNREGISTERED:
		printf("registration lost: %s\n", safe(a, sizeof(a),
		    ev->ce_text));
		break;
	case EVENT_INCOMING:
		printf("incoming call from %s%s%s%s\n",
		    safe(a, sizeof(a), ev->ce_from),
		    ev->ce_alias != NULL ? " (calls itself " : "",
		    ev->ce_alias != NULL ? safe(b, sizeof(b), ev->ce_alias) :
		    "", ev->ce_alias != NULL ? ")" : "");
		break;
	case EVENT_BUSY:
		printf("another call, from %s, was told that we are busy\n",
		    safe(a, sizeof(a), ev->ce_from));
		break;
	case EVENT_OFFER_SENT:
		printf("calling %s\n", ev->ce_to);
		break;
	case EVENT_RINGING:
		printf("ringing\n");
		break;
	case EVENT_ANSWERED:
		printf("answered (%s)\n", ev->ce_mode);
		break;
	case EVENT_SETUP:
		if (verbose > 0)
			printf("media by relay %s, room %s\n",
			    safe(a, sizeof(a), ev->ce_relay_addr),
			    safe(b, sizeof(b), ev->ce_room));
		break;
	case EVENT_E2E:
		/* Said again, once there is somebody to be heard. */
		if (verbose > 0)
			printf("the call will %sbe end-to-end encrypted\n",
			    ev->ce_e2e ? "" : "not ");
		break;
	case EVENT_MEDIA_START:
		start_text(ev);
		break;
	case EVENT_HEARD:
		if (verbose > 0)
			printf("the other side is heard\n");
		break;
	case EVENT_PATH:
		if (ev->ce_local != NULL && ev->ce_remote != NULL)
			printf("the call goes %s now, from %s to %s (%s)\n",
			    way(ev->ce_path), ev->ce_local, ev->ce_remote,
			    ev->ce_text);
		else
			printf("the call goes %s now (%s)\n",
			    way(ev->ce_path), safe(a, sizeof(a),
			    ev->ce_text));
		break;
	case EVENT_MEDIA_LOST:
		printf("media lost (%s), joining again\n",
		    safe(a, sizeof(a), ev->ce_text));
		break;
	case EVENT_ROOM_UPDATE:
		if (verbose > 0 || ev->ce_call_id == NULL)
			printf("%u in the room\n", ev->ce_count);
		break;
	case EVENT_STATS:
		if (verbose > 0)
			media_text(ev);
		break;
	case EVENT_HANGUP:
		printf("hung up by %s (%s)%s%s\n",
		    strcmp(ev->ce_by, "self") == 0 ? "us" :
		    strcmp(ev->ce_by, "peer") == 0 ? "the other side" :
		    "the relay", ev->ce_reason,
		    ev->ce_text != NULL ? ": " : "",
		    ev->ce_text != NULL ? ev->ce_text : "");
		break;
	case EVENT_CALL_END:
		media_text(ev);
		break;
	case EVENT_PONG:
		printf("%s: round trip %.3f ms\n", ev->ce_relay,
		    ev->ce_rtt_ms);
		break;
	case EVENT_NAT_RELAY:
		if (ev->ce_observed != NULL)
			printf("%s sees %s, round trip %.3f ms\n",
			    ev->ce_relay, safe(a, sizeof(a), ev->ce_observed),
			    ev->ce_rtt_ms);
		else
			printf("%s: %s\n", ev->ce_relay, safe(a, sizeof(a),
			    ev->ce_text));
		break;
	case EVENT_NAT:
		printf("%s%s%s\n", ev->ce_class,
		    ev->ce_observed != NULL ? ": all see " : "",
		    ev->ce_observed != NULL ? safe(a, sizeof(a),
		    ev->ce_observed) : "");
		break;
	case EVENT_VERSION:
		printf("%s\n", safe(a, sizeof(a), ev->ce_build));
		break;
	case EVENT_WARNING:
	case EVENT_ERROR:
		fprintf(stderr, "wzp: %s\n", safe(a, sizeof(a),
		    ev->ce_text));
		break;
	case EVENT_TYPE_MAX:
		break;
	}
	(void)fflush(stdout);
}

static void
start_text(const struct client_event *ev)
{
	char	a[TEXT_MAX];

	if (ev->ce_call_id == NULL) {
		printf("in room %s: speak now\nthe room is not end-to-end "
		    "encrypted: the relay can hear it\n",
		    safe(a, sizeof(a), ev->ce_room));
		return;
	}
	printf("call %s %s: speak now\n", ev->ce_call_id, way(ev->ce_path));
	if (ev->ce_e2e)
		printf("the call is end-to-end encrypted; if you both read "
		    "the same words, nobody\nlistens: %s\n",
		    ev->ce_words != NULL ? ev->ce_words : "");
	else
		printf("the call is not end-to-end encrypted: %s can hear "
		    "it\n", strcmp(ev->ce_path, "direct") == 0 ?
		    "whoever is in between" : "the relay");
}

static const char *
way(const char *path)
{
	return (strcmp(path, "direct") == 0 ? "directly" : "by the relay");
}

static void
media_text(const struct client_event *ev)
{
	const struct media_stats	*ms = ev->ce_media;
	const struct path_counts	*pc = ev->ce_paths;

	if (ms->ms_steps == 0)
		return;
	printf("%s%llu s: sent %llu, received %llu, lost %llu, "
	    "concealed %llu packets\n",
	    ev->ce_type == EVENT_CALL_END ? "ended after " : "",
	    (unsigned long long)(ms->ms_steps / 50),
	    (unsigned long long)ms->ms_sent,
	    (unsigned long long)ms->ms_rx.ps_packets,
	    (unsigned long long)ms->ms_rx.ps_lost,
	    (unsigned long long)ms->ms_rx.ps_concealed);
	if (ev->ce_type == EVENT_CALL_END && pc != NULL &&
	    pc->pc_direct_sent + pc->pc_direct_received > 0)
		printf("directly: sent %llu, received %llu; by the relay: "
		    "sent %llu, received %llu\n",
		    (unsigned long long)pc->pc_direct_sent,
		    (unsigned long long)pc->pc_direct_received,
		    (unsigned long long)pc->pc_relay_sent,
		    (unsigned long long)pc->pc_relay_received);
}

static void
mismatch_text(const struct client_event *ev)
{
	fprintf(stderr,
	    "wzp: THE CERTIFICATE OF THE RELAY %s HAS CHANGED.\n"
	    "  known:     %s\n"
	    "             (%s, line %u)\n"
	    "  shown now: %s\n"
	    "Either the relay has a new identity, or somebody in between "
	    "pretends to be\n"
	    "it.  Nothing was sent.  Ask the operator for the fingerprint; "
	    "if it is the\n"
	    "one shown now, remove line %u of that file and try again.\n",
	    ev->ce_relay, ev->ce_pinned, ev->ce_file, ev->ce_line,
	    ev->ce_tls_fp, ev->ce_line);
}

static const char *
safe(char *buf, size_t cap, const char *s)
{
	return (log_escape(buf, cap, s, strlen(s)));
}
