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
 * One client: the library, a socket, a timer.
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/clock.h"
#include "common/quic/params.h"
#include "regress/storm/storm.h"

#define BUFFER		(64 * 1024)
#define BATCHES_MAX	16
#define GAP_TOLD	(100 * NS_PER_MS)	/* longer ones are logged */

static struct udp
		*peer_socket(struct storm *);
static void	 peer_readable(struct ev_loop *, ev_io *, int);
static void	 peer_timeout(struct ev_loop *, ev_timer *, int);
static void	 peer_received(void *, const struct addr *,
		    const struct addr *, uint8_t, const uint8_t *, size_t);
static void	 peer_look(struct peer *, const uint8_t *, size_t);
static void	 peer_measure(struct peer *);
static void	 peer_event(void *, const struct client_event *);
static void	 peer_transmit(void *, const struct quic_packet *);

bool
peer_open(struct storm *st, struct peer *p, enum peer_kind kind,
    bool original, bool recorded)
{
	struct client_config	cc;
	uint8_t			seed[32];
	char			why[256], path[512];
	size_t			i;

	p->pe_storm = st;
	p->pe_kind = kind;
	p->pe_original = original;
	p->pe_media_slot = STORM_SLOT_NONE;
	arc4random_buf(seed, sizeof(seed));
	if (identity_from_seed(&p->pe_identity, seed) == -1)
		return (false);
	identity_fingerprint(p->pe_identity.id_pub, p->pe_fp);

	memset(&cc, 0, sizeof(cc));
	if (st->st_tokens != NULL && kind != PEER_PASSING) {
		for (i = 0; i < sizeof(p->pe_token) / 2; i++)
			(void)snprintf(p->pe_token + 2 * i, 3, "%02x",
			    p->pe_identity.id_pub[i]);
		fprintf(st->st_tokens, "%s json {\"valid\":true,"
		    "\"fingerprint\":\"%s\",\"alias\":null}\n", p->pe_token,
		    p->pe_fp);
		cc.cc_token = p->pe_token;
	}
	cc.cc_mode = CLIENT_LISTEN;
	if (kind == PEER_PASSING) {
		/* Half of them want media, or at least say so. */
		cc.cc_mode = p->pe_index & 1 ? CLIENT_ROOM : CLIENT_PING;
		cc.cc_target = "passing";
	}
	/*
	 * Fifty frames of Opus a second, from everybody.  Where nobody listens
	 * they say nothing, in the mode that costs the least: all of these
	 * clients and the relay share the processors.
	 */
	cc.cc_profile = media_profile_studio_64k;
	if (recorded && st->st_sweep != NULL && !(p->pe_index & 1)) {
		cc.cc_profile = media_profile_good;
		p->pe_in = audio_in_file(st->st_sweep, why, sizeof(why));
	} else
		p->pe_in = audio_in_silence();
	if (recorded && (p->pe_index & 1)) {
		(void)snprintf(path, sizeof(path), "%s/heard-%u.wav",
		    st->st_dir, p->pe_index);
		p->pe_out = audio_out_file(path, why, sizeof(why));
	} else
		p->pe_out = audio_out_null();
	if (p->pe_in == NULL || p->pe_out == NULL)
		return (false);
	cc.cc_identity = &p->pe_identity;
	cc.cc_pins = st->st_pins;
	cc.cc_relay_name = st->st_names[p->pe_index & 1];
	cc.cc_relay = st->st_relays[p->pe_index & 1];
	cc.cc_as_original = original;
	cc.cc_accept = ACCEPT_GENERIC;
	cc.cc_any_length = true;
	cc.cc_in = p->pe_in;
	cc.cc_out = p->pe_out;
	cc.cc_event = peer_event;
	cc.cc_transmit = peer_transmit;
	cc.cc_arg = p;
	if ((p->pe_client = client_new(&cc)) == NULL ||
	    (p->pe_udp = peer_socket(st)) == NULL)
		return (false);
	ev_io_init(&p->pe_io, peer_readable, udp_fd(p->pe_udp), EV_READ);
	ev_init(&p->pe_timer, peer_timeout);
	p->pe_io.data = p->pe_timer.data = p;
	return (true);
}

void
peer_start(struct peer *p)
{
	p->pe_started = true;
	ev_io_start(p->pe_storm->st_loop, &p->pe_io);
	client_start(p->pe_client, clock_mono_ns());
	peer_turn(p);
}

void
peer_close(struct peer *p)
{
	if (p->pe_storm != NULL) {
		ev_io_stop(p->pe_storm->st_loop, &p->pe_io);
		ev_timer_stop(p->pe_storm->st_loop, &p->pe_timer);
	}
	client_free(p->pe_client);
	udp_free(p->pe_udp);
	audio_in_free(p->pe_in);
	audio_out_free(p->pe_out);
	p->pe_client = NULL;
	p->pe_udp = NULL;
	p->pe_in = NULL;
	p->pe_out = NULL;
}

/* The same as wzp(1) does in its loop: receive, turn, send, set the timer. */
void
peer_turn(struct peer *p)
{
	struct storm	*st = p->pe_storm;
	uint64_t	 at, now;
	double		 after;
	bool		 ok;
	int		 i;

	st->st_now = clock_mono_ns();
	for (i = 0; i < BATCHES_MAX; i++)
		if (udp_receive(p->pe_udp, peer_received, p) < UDP_BATCH)
			break;
	client_turn(p->pe_client, st->st_now);
	peer_measure(p);
	udp_flush(p->pe_udp);
	if (client_done(p->pe_client, &ok)) {
		ev_io_stop(st->st_loop, &p->pe_io);
		ev_timer_stop(st->st_loop, &p->pe_timer);
		p->pe_ended = true;
		if (!p->pe_leaving && p->pe_kind != PEER_PASSING)
			storm_say(st, p, "gone");
		return;
	}
	ev_timer_stop(st->st_loop, &p->pe_timer);
	if ((at = client_expiry(p->pe_client)) == UINT64_MAX)
		return;
	now = clock_mono_ns();
	after = at > now ? (double)(at - now) / 1e9 : 0.0;
	ev_now_update(st->st_loop);
	ev_timer_set(&p->pe_timer, after, 0.0);
	ev_timer_start(st->st_loop, &p->pe_timer);
}

bool
peer_dial(struct peer *p, struct peer *to)
{
	uint64_t	now = clock_mono_ns();
	bool		ok;

	p->pe_with = to;
	p->pe_dialled = now;
	p->pe_hangup_at = 0;
	ok = client_dial(p->pe_client, to->pe_fp, now) == 0;
	p->pe_busy = ok;
	peer_turn(p);
	return (ok);
}

void
peer_hangup(struct peer *p)
{
	client_hangup(p->pe_client, clock_mono_ns());
	peer_turn(p);
}

void
peer_leave(struct peer *p)
{
	if (p->pe_ended)
		return;
	p->pe_leaving = true;
	client_stop(p->pe_client, clock_mono_ns());
	peer_turn(p);
}

void
peer_rebind(struct peer *p)
{
	struct storm	*st = p->pe_storm;
	struct udp	*udp;

	/* What waits at the old port has come; what is on its way is lost. */
	peer_turn(p);
	if (p->pe_ended || (udp = peer_socket(st)) == NULL)
		return;
	ev_io_stop(st->st_loop, &p->pe_io);
	udp_free(p->pe_udp);
	p->pe_udp = udp;
	p->pe_rebinds++;
	ev_io_set(&p->pe_io, udp_fd(udp), EV_READ);
	ev_io_start(st->st_loop, &p->pe_io);
	storm_say(st, p, "rebound");
}

static struct udp *
peer_socket(struct storm *st)
{
	struct sockaddr_storage	 ss;
	struct sockaddr_in	*in = (struct sockaddr_in *)&ss;
	struct sockaddr_in6	*in6 = (struct sockaddr_in6 *)&ss;
	struct addr		 any;
	struct udp		*udp;
	socklen_t		 len;
	int			 fd;

	memset(&ss, 0, sizeof(ss));
	ss.ss_family = (sa_family_t)addr_family(&st->st_relays[0]);
	if (ss.ss_family == AF_INET6) {
		in6->sin6_addr = in6addr_any;
		len = sizeof(*in6);
	} else {
		in->sin_addr.s_addr = htonl(INADDR_ANY);
		len = sizeof(*in);
	}
	if (addr_from_sockaddr(&any, (struct sockaddr *)&ss, len) == -1 ||
	    (fd = udp_bind(&any, BUFFER)) == -1)
		return (NULL);
	len = sizeof(ss);
	if (getsockname(fd, (struct sockaddr *)&ss, &len) == -1 ||
	    addr_from_sockaddr(&any, (struct sockaddr *)&ss, len) == -1 ||
	    (udp = udp_new(fd, &any)) == NULL)
		return (NULL);
	return (udp);
}

static void
peer_readable(struct ev_loop *loop, ev_io *w, int events)
{
	(void)loop;
	(void)events;
	peer_turn(w->data);
}

static void
peer_timeout(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	peer_turn(w->data);
}

static void
peer_received(void *arg, const struct addr *local, const struct addr *remote,
    uint8_t ecn, const uint8_t *data, size_t len)
{
	struct peer	*p = arg;

	peer_look(p, data, len);
	client_receive(p->pe_client, 0, local, remote, ecn, data, len,
	    p->pe_storm->st_now);
}

/*
 * Which slot of the relay serves a connection is the first byte of the ID
 * that it chose for itself, to be seen in the long headers of the handshake.
 */
static void
peer_look(struct peer *p, const uint8_t *data, size_t len)
{
	struct path	*pa;
	size_t		 dcid, scid;
	unsigned int	 i, n;

	if (len < 7 || !(data[0] & 0x80) || (data[0] & 0x30) == 0x30)
		return;		/* short header, or Retry */
	dcid = data[5];
	if (dcid > sizeof(pa->pa_cid) || len < 7 + dcid)
		return;
	scid = data[6 + dcid];
	if (scid == 0 || len < 7 + dcid + scid)
		return;
	n = p->pe_npaths < STORM_PATHS ? p->pe_npaths : STORM_PATHS;
	for (i = 0; i < n; i++)
		if (p->pe_paths[i].pa_len == dcid &&
		    memcmp(p->pe_paths[i].pa_cid, data + 6, dcid) == 0)
			return;
	pa = &p->pe_paths[p->pe_npaths++ % STORM_PATHS];
	memcpy(pa->pa_cid, data + 6, dcid);
	pa->pa_len = dcid;
	pa->pa_slot = data[7 + dcid];
	/* The first connection of all is a registration. */
	if (p->pe_storm->st_signal_slot == STORM_SLOT_NONE)
		p->pe_storm->st_signal_slot = pa->pa_slot;
	if (pa->pa_slot != p->pe_storm->st_signal_slot)
		p->pe_media_slot = pa->pa_slot;
}

/* How long nothing was received while sound flows. */
static void
peer_measure(struct peer *p)
{
	struct storm		*st = p->pe_storm;
	struct media_stats	 ms;
	uint64_t		 gap;

	if (!client_media_stats(p->pe_client, &ms)) {
		p->pe_packets = 0;
		p->pe_heard = 0;
		return;
	}
	if (ms.ms_rx.ps_packets == p->pe_packets)
		return;
	p->pe_packets = ms.ms_rx.ps_packets;
	gap = p->pe_heard == 0 ? 0 : st->st_now - p->pe_heard;
	p->pe_heard = st->st_now;
	if (gap > p->pe_gap_ns)
		p->pe_gap_ns = gap;
	if (gap >= GAP_TOLD && p->pe_kind == PEER_LIVE)
		storm_log(st, p, "gap", ",\"call\":\"%s\",\"ms\":%llu,"
		    "\"slot\":%d", p->pe_call,
		    (unsigned long long)(gap / NS_PER_MS), p->pe_media_slot);
}

static void
peer_event(void *arg, const struct client_event *ev)
{
	storm_event(arg, ev);
}

static void
peer_transmit(void *arg, const struct quic_packet *q)
{
	struct peer	*p = arg;

	udp_queue(p->pe_udp, q->local, q->remote, q->ecn, q->data, q->len);
}
