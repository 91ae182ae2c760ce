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
 * A call's or room's media in its life.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/mediaconn.h"
#include "client/talk.h"
#include "common/base/clock.h"

#define STATS_EVERY	(5 * NS_PER_S)
/* Sound begins when the other is there, or when nobody said so for this. */
#define PEER_WAIT	(2 * NS_PER_S)
/* Without a media connection for so long, it is over. */
#define MEDIA_LIMIT	(20 * NS_PER_S)
/*
 * Alone in a call's room after the other was there: it has 15 s to come back
 * (doc/PROTOCOL), and its Hangup may have got lost with a part of the relay.
 */
#define ALONE_LIMIT	(20 * NS_PER_S)
/*
 * ... and perhaps it sits in a room of the same name elsewhere: a relay of
 * several workers may have sent us to another one while one of them died.
 */
#define ALONE_RENEW	(3 * NS_PER_S)
/* A relay that does not want us, while there is another way: once more. */
#define REFUSED_AGAIN	(5 * NS_PER_S)
/* Nothing heard from a peer that is there: join anew, ever more rarely. */
#define STALL_FIRST	(5 * NS_PER_S)
#define STALL_MAX	(60 * NS_PER_S)
#define NEVER		UINT64_MAX

struct talk {
	struct talk_config	 ta_config;
	struct mediaconn	*ta_conn;
	struct media		*ta_media;
	char			 ta_room[QUIC_SNI_MAX];
	bool			 ta_on;
	bool			 ta_constant;
	bool			 ta_held;
	bool			 ta_other;	/* another way is there */
	bool			 ta_told;	/* that the other is heard */
	bool			 ta_hushed;
	bool			 ta_connected;	/* when hushed */
	unsigned int		 ta_members;
	uint64_t		 ta_alone;	/* since; 0: is not */
	uint64_t		 ta_renew_at;	/* if still alone; NEVER */
	uint64_t		 ta_renew_in;	/* the next time */
	uint64_t		 ta_begin_at;	/* without a peer */
	uint64_t		 ta_lost;	/* not joined since; 0: is */
	uint64_t		 ta_heard;	/* last packet of the other */
	uint64_t		 ta_again;	/* ask the relay again; NEVER */
	uint64_t		 ta_stall;	/* limit now */
	uint64_t		 ta_stats_at;
	uint64_t		 ta_end_at;
	uint64_t		 ta_path_sent;
	uint64_t		 ta_path_lost;
};

static void	 talk_joined(void *);
static void	 talk_lost(void *, const char *);
static void	 talk_refused(void *, const char *);
static void	 talk_failed(struct talk *, const char *);
static void	 talk_room(void *, const struct sig_room_update *);
static void	 talk_directive(void *, const struct sig_quality_directive *);
static void	 talk_datagram(void *, const uint8_t *, size_t);
static int	 talk_send(void *, const uint8_t *, size_t, uint64_t);
static void	 talk_path(void *, float *, uint32_t *);
static void	 talk_begin(struct talk *);
static void	 talk_tell(struct talk *);
static void	 talk_stats(struct talk *);
static void	 talk_event(struct talk *, struct client_event *,
		    enum client_event_type);
static void	 talk_say(struct talk *, const struct client_event *);
static uint64_t	 now(const struct talk *);

static const struct mediaconn_ops mediaconn_ops = {
	.joined = talk_joined,
	.lost = talk_lost,
	.failed = talk_refused,
	.room = talk_room,
	.directive = talk_directive,
	.datagram = talk_datagram
};

struct talk *
talk_new(const struct talk_config *config)
{
	struct talk	*t;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return (NULL);
	t->ta_config = *config;
	t->ta_begin_at = t->ta_stats_at = t->ta_end_at = NEVER;
	t->ta_renew_at = t->ta_again = NEVER;
	return (t);
}

void
talk_free(struct talk *t)
{
	if (t == NULL)
		return;
	mediaconn_free(t->ta_conn);
	media_free(t->ta_media);
	free(t);
}

void
talk_open(struct talk *t, const char *room, bool constant)
{
	if (t->ta_on)
		return;
	(void)strlcpy(t->ta_room, room, sizeof(t->ta_room));
	t->ta_on = true;
	t->ta_constant = constant;
	t->ta_held = t->ta_other = t->ta_told = false;
	t->ta_hushed = t->ta_connected = false;
	t->ta_members = 0;
	t->ta_alone = 0;
	t->ta_renew_at = t->ta_again = NEVER;
	t->ta_renew_in = ALONE_RENEW;
	t->ta_lost = now(t);
	t->ta_heard = 0;
	t->ta_stall = STALL_FIRST;
}

void
talk_join(struct talk *t, const struct addr *relay)
{
	if (!t->ta_on || t->ta_hushed || t->ta_conn != NULL)
		return;
	t->ta_lost = now(t);
	t->ta_conn = mediaconn_new(t->ta_config.tc_shared, t->ta_room, relay,
	    &t->ta_config.tc_relay, &mediaconn_ops, t);
	if (t->ta_conn == NULL)
		talk_failed(t, "out of memory");
	else
		mediaconn_start(t->ta_conn);
}

void
talk_part(struct talk *t)
{
	mediaconn_free(t->ta_conn);
	t->ta_conn = NULL;
	t->ta_again = t->ta_renew_at = NEVER;
	t->ta_alone = 0;
	t->ta_members = 0;
	t->ta_config.tc_ops->relay(t->ta_config.tc_arg, false);
}

void
talk_hold(struct talk *t, bool held)
{
	t->ta_held = held;
	if (held || !t->ta_on || t->ta_hushed)
		return;
	if (t->ta_members >= 2 || t->ta_other)
		talk_begin(t);
	else if (t->ta_lost == 0)
		t->ta_begin_at = now(t) + PEER_WAIT;
}

void
talk_other(struct talk *t, bool up)
{
	if (!t->ta_on || t->ta_other == up)
		return;
	t->ta_other = up;
	if (up) {
		t->ta_alone = 0;
		t->ta_renew_at = NEVER;
		if (!t->ta_held)
			talk_begin(t);
		return;
	}
	/* It was enough until now; the relay has its time again. */
	if (t->ta_lost != 0)
		t->ta_lost = now(t);
	t->ta_heard = now(t);
	if (t->ta_again != NEVER)
		t->ta_again = now(t);
	if (t->ta_members == 1 && t->ta_media != NULL) {
		t->ta_alone = now(t);
		t->ta_renew_at = now(t) + t->ta_renew_in;
	}
}

void
talk_rerouted(struct talk *t)
{
	t->ta_path_sent = t->ta_path_lost = 0;
}

void
talk_media(struct talk *t, const uint8_t *data, size_t len)
{
	t->ta_heard = now(t);
	t->ta_stall = STALL_FIRST;
	t->ta_alone = 0;
	t->ta_renew_at = NEVER;
	talk_begin(t);
	if (t->ta_media != NULL)
		media_receive(t->ta_media, data, len, now(t));
}

int
talk_relay_send(struct talk *t, const uint8_t *data, size_t len)
{
	if (t->ta_conn == NULL)
		return (-1);
	return (mediaconn_send(t->ta_conn, data, len));
}

bool
talk_relay_stats(const struct talk *t, struct quic_stats *qs)
{
	return (t->ta_conn != NULL && mediaconn_stats(t->ta_conn, qs));
}

uint64_t
talk_relay_heard(const struct talk *t)
{
	return (t->ta_conn != NULL ? mediaconn_heard(t->ta_conn) : 0);
}

void
talk_moved(struct talk *t, const struct addr *addrs, size_t n,
    const uint16_t port[2])
{
	if (t->ta_conn != NULL)
		mediaconn_moved(t->ta_conn, addrs, n, port);
}

void
talk_hush(struct talk *t)
{
	if (!t->ta_on || t->ta_hushed)
		return;
	t->ta_hushed = true;
	t->ta_alone = 0;
	t->ta_renew_at = NEVER;
	t->ta_connected = t->ta_lost == 0 || t->ta_other;
	if (t->ta_media != NULL)
		media_hush(t->ta_media);
	t->ta_begin_at = t->ta_stats_at = t->ta_end_at = NEVER;
	t->ta_again = NEVER;
	t->ta_lost = 0;
}

void
talk_leave(struct talk *t)
{
	struct client_event	 ev;
	struct media_stats	 ms;

	memset(&ms, 0, sizeof(ms));
	talk_event(t, &ev, EVENT_CALL_END);
	if (t->ta_media != NULL)
		media_stats(t->ta_media, &ms);
	ev.ce_media = &ms;
	talk_say(t, &ev);

	mediaconn_free(t->ta_conn);
	t->ta_conn = NULL;
	media_free(t->ta_media);
	t->ta_media = NULL;
	t->ta_begin_at = t->ta_stats_at = t->ta_end_at = NEVER;
	t->ta_lost = t->ta_alone = 0;
	t->ta_renew_at = t->ta_again = NEVER;
	t->ta_held = t->ta_other = false;
	t->ta_room[0] = '\0';
	t->ta_on = t->ta_hushed = false;
}

bool
talk_on(const struct talk *t)
{
	return (t->ta_on);
}

bool
talk_hushed(const struct talk *t)
{
	return (t->ta_hushed);
}

bool
talk_begun(const struct talk *t)
{
	return (t->ta_media != NULL);
}

bool
talk_media_stats(const struct talk *t, struct media_stats *ms)
{
	if (t->ta_media == NULL)
		return (false);
	media_stats(t->ta_media, ms);
	return (true);
}

bool
talk_connected(const struct talk *t)
{
	return (t->ta_connected);
}

void
talk_expire(struct talk *t)
{
	if (t->ta_conn != NULL)
		mediaconn_expire(t->ta_conn);
	if (t->ta_media != NULL) {
		media_expire(t->ta_media, now(t));
		talk_tell(t);
	}
	if (!t->ta_on || t->ta_hushed)
		return;
	if (now(t) >= t->ta_begin_at)
		talk_begin(t);
	if (now(t) >= t->ta_again) {
		t->ta_again = NEVER;
		mediaconn_start(t->ta_conn);
	}
	if (t->ta_lost != 0 && !t->ta_other &&
	    now(t) - t->ta_lost >= MEDIA_LIMIT) {
		talk_failed(t, "no media connection to the relay for 20 "
		    "seconds");
		return;
	}
	if (t->ta_media == NULL)
		return;
	if (t->ta_alone != 0 && now(t) - t->ta_alone >= ALONE_LIMIT) {
		talk_failed(t, "the other party has left the call");
		return;
	}
	if (now(t) >= t->ta_renew_at) {
		t->ta_renew_at = NEVER;
		t->ta_renew_in *= 2;
		mediaconn_renew(t->ta_conn, "alone in the room");
	}
	if (t->ta_members >= 2 && t->ta_lost == 0 &&
	    now(t) - t->ta_heard >= t->ta_stall) {
		if ((t->ta_stall *= 2) > STALL_MAX)
			t->ta_stall = STALL_MAX;
		mediaconn_renew(t->ta_conn, "nothing heard for too long");
	}
	if (now(t) >= t->ta_stats_at) {
		t->ta_stats_at = now(t) + STATS_EVERY;
		talk_stats(t);
	}
	if (now(t) >= t->ta_end_at || (t->ta_config.tc_until_end &&
	    media_source_done_ms(t->ta_media) >= 1000)) {
		t->ta_end_at = NEVER;
		t->ta_config.tc_ops->enough(t->ta_config.tc_arg, false);
	}
}

uint64_t
talk_expiry(const struct talk *t)
{
	uint64_t	at = NEVER;

	if (t->ta_conn != NULL)
		at = clock_earlier(at, mediaconn_expiry(t->ta_conn));
	if (t->ta_media != NULL)
		at = clock_earlier(at, media_expiry(t->ta_media));
	if (t->ta_lost != 0 && !t->ta_other)
		at = clock_earlier(at, t->ta_lost + MEDIA_LIMIT);
	at = clock_earlier(at, t->ta_again);
	if (t->ta_alone != 0)
		at = clock_earlier(at, t->ta_alone + ALONE_LIMIT);
	at = clock_earlier(at, t->ta_renew_at);
	at = clock_earlier(at, t->ta_begin_at);
	at = clock_earlier(at, t->ta_stats_at);
	return (clock_earlier(at, t->ta_end_at));
}

/* The connection. */

static void
talk_joined(void *arg)
{
	struct talk		*t = arg;
	struct client_event	 ev;

	if (t->ta_hushed)
		return;
	t->ta_lost = 0;
	t->ta_heard = now(t);
	if (!t->ta_other)
		talk_rerouted(t);
	t->ta_config.tc_ops->relay(t->ta_config.tc_arg, true);
	if (t->ta_media != NULL) {
		if (t->ta_other)
			return;
		talk_event(t, &ev, EVENT_MEDIA_START);
		talk_say(t, &ev);
	} else if (t->ta_held)
		;
	else if (t->ta_config.tc_shared->ls_as_original)
		talk_begin(t);
	else
		t->ta_begin_at = now(t) + PEER_WAIT;
}

static void
talk_lost(void *arg, const char *why)
{
	struct talk		*t = arg;
	struct client_event	 ev;

	t->ta_begin_at = t->ta_renew_at = NEVER;
	if (t->ta_hushed)
		return;
	if (t->ta_lost == 0)
		t->ta_lost = now(t);
	t->ta_members = 0;
	t->ta_config.tc_ops->relay(t->ta_config.tc_arg, false);
	if (t->ta_other)
		return;
	talk_event(t, &ev, EVENT_MEDIA_LOST);
	ev.ce_text = why;
	talk_say(t, &ev);
}

/* The relay does not want us: the end, unless there is another way. */
static void
talk_refused(void *arg, const char *why)
{
	struct talk	*t = arg;

	t->ta_config.tc_ops->relay(t->ta_config.tc_arg, false);
	if (!t->ta_other) {
		talk_failed(t, why);
		return;
	}
	if (t->ta_lost == 0)
		t->ta_lost = now(t);
	t->ta_members = 0;
	if (!t->ta_hushed)
		t->ta_again = now(t) + REFUSED_AGAIN;
}

static void
talk_failed(struct talk *t, const char *why)
{
	struct client_event	 ev;

	talk_event(t, &ev, EVENT_ERROR);
	ev.ce_text = why;
	talk_say(t, &ev);
	t->ta_lost = t->ta_alone = 0;	/* said once */
	t->ta_config.tc_ops->enough(t->ta_config.tc_arg, true);
}

static void
talk_room(void *arg, const struct sig_room_update *update)
{
	struct talk		*t = arg;
	struct client_event	 ev;

	/* Who waits for the other to come in has the limits of the call. */
	if (update->count >= 2 || t->ta_hushed || t->ta_config.tc_room ||
	    t->ta_other) {
		t->ta_alone = 0;
		t->ta_renew_at = NEVER;
		t->ta_renew_in = ALONE_RENEW;
	} else if (t->ta_media != NULL) {
		if (t->ta_alone == 0)
			t->ta_alone = now(t);
		if (t->ta_renew_at == NEVER)
			t->ta_renew_at = now(t) + t->ta_renew_in;
	}
	/* Nobody was there to be heard until now. */
	if (update->count >= 2 && t->ta_members < 2)
		t->ta_heard = now(t);
	t->ta_members = update->count;
	talk_event(t, &ev, EVENT_ROOM_UPDATE);
	ev.ce_count = update->count;
	talk_say(t, &ev);
	if (update->count >= 2)
		talk_begin(t);
}

static void
talk_directive(void *arg, const struct sig_quality_directive *directive)
{
	struct talk	*t = arg;

	if (t->ta_media != NULL)
		media_directive(t->ta_media, &directive->recommended_profile);
}

static void
talk_datagram(void *arg, const uint8_t *data, size_t len)
{
	struct talk	*t = arg;

	t->ta_config.tc_ops->relayed(t->ta_config.tc_arg, data, len);
}

/* The sound. */

static void
talk_begin(struct talk *t)
{
	struct media_config	 mc;
	struct client_event	 ev;
	bool			 as_original;

	if (t->ta_media != NULL || t->ta_hushed || t->ta_held)
		return;
	t->ta_begin_at = NEVER;
	as_original = t->ta_config.tc_shared->ls_as_original;
	memset(&mc, 0, sizeof(mc));
	mc.mc_in = t->ta_config.tc_in;
	mc.mc_out = t->ta_config.tc_out;
	mc.mc_profile = t->ta_config.tc_profile;
	mc.mc_auto = t->ta_config.tc_auto;
	/* The original's command line client sends no reports (8.4). */
	mc.mc_reports = !as_original;
	mc.mc_constant = t->ta_constant;
	/*
	 * In a room the others tell us apart by our numbers (8.6); an
	 * original always begins with 0.
	 */
	if (t->ta_config.tc_room && !as_original)
		mc.mc_first_seq = (uint16_t)arc4random();
	mc.mc_send = talk_send;
	mc.mc_path = talk_path;
	mc.mc_arg = t;
	audio_in_rewind(t->ta_config.tc_in);
	if ((t->ta_media = media_new(&mc, now(t))) == NULL) {
		talk_failed(t, "out of memory");
		return;
	}
	t->ta_config.tc_ops->begun(t->ta_config.tc_arg);
	t->ta_stats_at = now(t) + STATS_EVERY;
	if (t->ta_config.tc_seconds > 0)
		t->ta_end_at = now(t) + t->ta_config.tc_seconds * NS_PER_S;
	talk_event(t, &ev, EVENT_MEDIA_START);
	talk_say(t, &ev);
}

static int
talk_send(void *arg, const uint8_t *data, size_t len, uint64_t at)
{
	struct talk	*t = arg;

	(void)at;
	return (t->ta_config.tc_ops->send(t->ta_config.tc_arg, data, len));
}

static void
talk_path(void *arg, float *loss_pct, uint32_t *rtt_ms)
{
	struct talk		*t = arg;
	struct quic_stats	 qs;
	uint64_t		 sent, lost;

	if (!t->ta_config.tc_ops->stats(t->ta_config.tc_arg, &qs))
		return;
	/* Another connection counts from its own beginning. */
	if (qs.packets_sent < t->ta_path_sent ||
	    qs.packets_lost < t->ta_path_lost)
		t->ta_path_sent = t->ta_path_lost = 0;
	sent = qs.packets_sent - t->ta_path_sent;
	lost = qs.packets_lost - t->ta_path_lost;
	t->ta_path_sent = qs.packets_sent;
	t->ta_path_lost = qs.packets_lost;
	if (sent > 0 && lost <= sent)
		*loss_pct = (float)lost * 100.0f / (float)sent;
	*rtt_ms = (uint32_t)(qs.rtt_us / 1000);
}

/* Once: the other's sound has come out. */
static void
talk_tell(struct talk *t)
{
	struct client_event	 ev;
	struct media_stats	 ms;

	if (t->ta_told)
		return;
	media_stats(t->ta_media, &ms);
	if (ms.ms_rx.ps_decoded == 0)
		return;
	t->ta_told = true;
	talk_event(t, &ev, EVENT_HEARD);
	talk_say(t, &ev);
}

static void
talk_stats(struct talk *t)
{
	struct client_event	 ev;
	struct media_stats	 ms;
	struct quic_stats	 qs;

	talk_event(t, &ev, EVENT_STATS);
	media_stats(t->ta_media, &ms);
	ev.ce_media = &ms;
	if (t->ta_config.tc_ops->stats(t->ta_config.tc_arg, &qs))
		ev.ce_rtt_ms = (double)qs.rtt_us / 1000.0;
	talk_say(t, &ev);
}

static void
talk_event(struct talk *t, struct client_event *ev,
    enum client_event_type type)
{
	memset(ev, 0, sizeof(*ev));
	ev->ce_type = type;
	if (t->ta_room[0] != '\0')
		ev->ce_room = t->ta_room;
}

static void
talk_say(struct talk *t, const struct client_event *ev)
{
	t->ta_config.tc_ops->event(t->ta_config.tc_arg, ev);
}

static uint64_t
now(const struct talk *t)
{
	return (t->ta_config.tc_shared->ls_now);
}
