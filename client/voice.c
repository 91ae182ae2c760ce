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
 * Ways of a call and what goes on them.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/direct/paths.h"
#include "client/direct/reach.h"
#include "client/e2e/seal.h"
#include "client/voice.h"
#include "common/base/clock.h"
#include "common/quic/endpoint.h"
#include "common/wire/candidates.h"

/*
 * A direct way of which nothing was heard for so long is none for the room's
 * limits; its connection has longer ones.
 */
#define DIRECT_SILENT	(2 * NS_PER_S)

struct voice {
	struct voice_config	 vo_config;
	struct talk		*vo_talk;
	/* Of a call; NULL: without. */
	const struct e2e	*vo_e2e;
	struct seal		*vo_seal;
	struct paths		*vo_paths;
	struct direct		*vo_direct;
	struct addr		 vo_relay;
	char			 vo_id[QUIC_SNI_MAX];
	bool			 vo_trickle;
	bool			 vo_up;		/* the direct way is */
	enum path		 vo_path;	/* told last */
	bool			 vo_report;	/* not sent yet */
	const char		*vo_why;	/* the direct way is down */
	struct addr		 vo_local;	/* of the direct way */
	struct addr		 vo_remote;
	struct path_counts	 vo_counts;
};

static void	 voice_begin_direct(struct voice *,
		    const struct voice_call *);
static bool	 voice_race(const struct voice_call *);
static void	 voice_end(struct voice *);
static void	 voice_event(struct voice *, struct client_event *);
static void	 voice_received(struct voice *, enum path,
		    const uint8_t *, size_t);
static enum path voice_used(const struct voice *);
static void	 voice_report(struct voice *);

static void	 talk_op_event(void *, const struct client_event *);
static void	 talk_op_begun(void *);
static void	 talk_op_enough(void *, bool);
static int	 talk_op_send(void *, const uint8_t *, size_t);
static void	 talk_op_relayed(void *, const uint8_t *, size_t);
static void	 talk_op_relay(void *, bool);
static bool	 talk_op_stats(void *, struct quic_stats *);

static int	 paths_op_send(void *, enum path, const uint8_t *, size_t);
static uint64_t	 paths_op_heard(void *, enum path);
static void	 paths_op_changed(void *, enum path, const char *);
static void	 paths_op_again(void *);

static int	 direct_op_signal(void *, const struct signal *);
static void	 direct_op_check(void *, unsigned int, const struct addr *,
		    const uint8_t *, size_t);
static void	 direct_op_up(void *, const struct addr *,
		    const struct addr *);
static void	 direct_op_down(void *, const char *);
static void	 direct_op_datagram(void *, const uint8_t *, size_t);
static void	 direct_op_dial_relay(void *);
static void	 direct_op_decided(void *, bool);
static void	 direct_op_refused(void *, const char *);
static void	 direct_op_told(void *, const struct signal *);

static const char
		*address_kind(const struct addr *);
static uint64_t	 now(const struct voice *);

static const struct talk_ops	talk_ops = {
	.event = talk_op_event,
	.begun = talk_op_begun,
	.enough = talk_op_enough,
	.send = talk_op_send,
	.relayed = talk_op_relayed,
	.relay = talk_op_relay,
	.stats = talk_op_stats
};

static const struct paths_ops	paths_ops = {
	.send = paths_op_send,
	.heard = paths_op_heard,
	.changed = paths_op_changed,
	.again = paths_op_again
};

static const struct direct_ops	direct_ops = {
	.signal = direct_op_signal,
	.check = direct_op_check,
	.up = direct_op_up,
	.down = direct_op_down,
	.datagram = direct_op_datagram,
	.dial_relay = direct_op_dial_relay,
	.decided = direct_op_decided,
	.refused = direct_op_refused,
	.told = direct_op_told
};

struct voice *
voice_new(const struct voice_config *config)
{
	struct voice		*s;
	struct talk_config	 tc = config->vo_talk;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return (NULL);
	s->vo_config = *config;
	tc.tc_ops = &talk_ops;
	tc.tc_arg = s;
	if ((s->vo_talk = talk_new(&tc)) == NULL) {
		free(s);
		return (NULL);
	}
	return (s);
}

void
voice_free(struct voice *s)
{
	if (s == NULL)
		return;
	voice_end(s);
	talk_free(s->vo_talk);
	free(s);
}

struct talk *
voice_talk(const struct voice *s)
{
	return (s->vo_talk);
}

void
voice_room(struct voice *s, const char *room, const struct addr *relay)
{
	talk_open(s->vo_talk, room, false);
	talk_join(s->vo_talk, relay);
}

void
voice_call(struct voice *s, const struct voice_call *sc)
{
	const struct sig_call_setup	*setup = sc->sc_setup;

	voice_end(s);
	s->vo_relay = sc->sc_relay;
	(void)strlcpy(s->vo_id, setup->call_id, sizeof(s->vo_id));
	talk_open(s->vo_talk, setup->room, sc->sc_e2e != NULL &&
	    !s->vo_config.vo_any_length);
	if (sc->sc_e2e != NULL) {
		s->vo_e2e = sc->sc_e2e;
		if ((s->vo_seal = seal_new(e2e_keys(sc->sc_e2e))) == NULL) {
			talk_op_enough(s, true);
			return;
		}
		e2e_forget(sc->sc_e2e);
	}
	/* Candidates one by one, or the race of wzp-protocol 7.6. */
	s->vo_trickle = sc->sc_e2e != NULL &&
	    link_feature(&setup->peer_features, SIGNAL_FEATURE_CANDIDATES);
	if (sc->sc_open && (s->vo_trickle || voice_race(sc)))
		voice_begin_direct(s, sc);
	else
		talk_join(s->vo_talk, &s->vo_relay);
}

void
voice_leave(struct voice *s)
{
	talk_leave(s->vo_talk);
	voice_end(s);
}

void
voice_signal(struct voice *s, const struct signal *signal)
{
	if (s->vo_direct != NULL)
		direct_signal(s->vo_direct, signal);
}

void
voice_check(struct voice *s, unsigned int listener,
    const struct addr *local, const struct addr *remote, const uint8_t *data,
    size_t len)
{
	if (s->vo_direct != NULL)
		direct_check(s->vo_direct, listener, local, remote, data, len);
}

bool
voice_accept(struct voice *s, struct quic_conn *conn, const char *name)
{
	return (s->vo_direct != NULL &&
	    direct_accept(s->vo_direct, conn, name));
}

void
voice_tell(struct voice *s, const struct signal *signal)
{
	if (s->vo_direct != NULL)
		(void)direct_tell(s->vo_direct, signal);
}

bool
voice_direct(const struct voice *s)
{
	return (voice_used(s) == PATH_DIRECT);
}

void
voice_hosts(struct voice *s, const struct addr *addrs, size_t n)
{
	if (s->vo_direct != NULL)
		direct_hosts(s->vo_direct, addrs, n);
}

void
voice_own(struct voice *s, const struct direct_own *own)
{
	if (s->vo_direct != NULL)
		direct_own_changed(s->vo_direct, own);
	/* A relay that was away may not know the way. */
	if (s->vo_trickle && s->vo_path == PATH_DIRECT)
		voice_report(s);
}

void
voice_expire(struct voice *s)
{
	if (s->vo_direct != NULL)
		direct_expire(s->vo_direct);
	if (s->vo_paths != NULL)
		paths_expire(s->vo_paths, now(s));
	if (s->vo_up)
		talk_other(s->vo_talk, now(s) < direct_heard(s->vo_direct) +
		    DIRECT_SILENT);
	if (s->vo_report)
		voice_report(s);
	talk_expire(s->vo_talk);
}

uint64_t
voice_expiry(const struct voice *s)
{
	uint64_t	at;

	at = talk_expiry(s->vo_talk);
	if (s->vo_direct != NULL)
		at = clock_earlier(at, direct_expiry(s->vo_direct));
	if (s->vo_paths != NULL)
		at = clock_earlier(at, paths_expiry(s->vo_paths));
	if (s->vo_up && now(s) < direct_heard(s->vo_direct) + DIRECT_SILENT)
		at = clock_earlier(at, direct_heard(s->vo_direct) +
		    DIRECT_SILENT);
	return (at);
}

static void
voice_begin_direct(struct voice *s, const struct voice_call *sc)
{
	s->vo_paths = paths_new(&paths_ops, s);
	s->vo_direct = direct_new(s->vo_config.vo_talk.tc_shared, s->vo_id,
	    sc->sc_e2e, sc->sc_caller, s->vo_trickle, &direct_ops, s);
	if (s->vo_paths == NULL || s->vo_direct == NULL) {
		/* There is the relay. */
		direct_free(s->vo_direct);
		paths_free(s->vo_paths);
		s->vo_direct = NULL;
		s->vo_paths = NULL;
		talk_join(s->vo_talk, &s->vo_relay);
		return;
	}
	if (s->vo_trickle)
		talk_join(s->vo_talk, &s->vo_relay);
	else
		talk_hold(s->vo_talk, true);
	direct_start(s->vo_direct, sc->sc_own, sc->sc_setup);
}

/* 7.5: an address missing, or the same one: nothing to race for. */
static bool
voice_race(const struct voice_call *sc)
{
	return (sc->sc_own->do_reflexive[0] != '\0' &&
	    sc->sc_setup->peer_direct_addr != NULL &&
	    path_role(sc->sc_own->do_reflexive,
	    sc->sc_setup->peer_direct_addr) != ROLE_NONE);
}

static void
voice_end(struct voice *s)
{
	direct_free(s->vo_direct);
	paths_free(s->vo_paths);
	seal_free(s->vo_seal);
	s->vo_direct = NULL;
	s->vo_paths = NULL;
	s->vo_seal = NULL;
	s->vo_e2e = NULL;
	s->vo_trickle = s->vo_report = false;
	s->vo_up = false;
	s->vo_path = PATH_RELAY;
	s->vo_why = NULL;
	s->vo_id[0] = '\0';
	memset(&s->vo_counts, 0, sizeof(s->vo_counts));
}

static void
voice_event(struct voice *s, struct client_event *ev)
{
	ev->ce_e2e = s->vo_seal != NULL;
	if (ev->ce_e2e && ev->ce_type == EVENT_MEDIA_START)
		ev->ce_words = e2e_words(s->vo_e2e);
	s->vo_config.vo_ops->event(s->vo_config.vo_arg, ev);
}

/*
 * Refused: as if it had not come.  Repeated: counts for its path only, before
 * it is authenticated; so it can have us send both ways, and no more.
 */
static void
voice_received(struct voice *s, enum path path, const uint8_t *data,
    size_t len)
{
	struct seal_stats	before, after;
	uint8_t			plain[QUIC_MAX_DATAGRAM];

	if (s->vo_seal != NULL) {
		seal_stats(s->vo_seal, &before);
		len = seal_open(s->vo_seal, data, len, plain, sizeof(plain));
		seal_stats(s->vo_seal, &after);
		if (after.ss_refused != before.ss_refused)
			return;
		data = plain;
	}
	if (s->vo_paths != NULL)
		paths_received(s->vo_paths, path, now(s));
	if (len == 0)
		return;
	if (path == PATH_DIRECT)
		s->vo_counts.pc_direct_received++;
	else
		s->vo_counts.pc_relay_received++;
	talk_media(s->vo_talk, data, len);
}

static enum path
voice_used(const struct voice *s)
{
	return (s->vo_paths != NULL ? paths_used(s->vo_paths) : PATH_RELAY);
}

/* The relay notes which way the call goes. */
static void
voice_report(struct voice *s)
{
	struct signal	report;
	bool		direct = s->vo_path == PATH_DIRECT;

	memset(&report, 0, sizeof(report));
	report.type = SIGNAL_MEDIA_PATH_REPORT;
	report.u.media_path_report.call_id = s->vo_id;
	report.u.media_path_report.direct_ok = direct;
	report.u.media_path_report.race_winner = direct ? "Direct" : "Relay";
	s->vo_report = s->vo_config.vo_ops->signal(s->vo_config.vo_arg,
	    &report) == -1;
}

/* The sound and the relay. */

static void
talk_op_event(void *arg, const struct client_event *said)
{
	struct voice		*s = arg;
	struct client_event	 ev = *said;
	struct seal_stats	 ss;
	bool			 direct;

	/* At the end: as it was while anything was said. */
	if (!talk_hushed(s->vo_talk))
		s->vo_path = voice_used(s);
	direct = s->vo_path == PATH_DIRECT;
	switch (ev.ce_type) {
	case EVENT_MEDIA_START:
	case EVENT_HEARD:
		ev.ce_path = direct ? "direct" : "relay";
		break;
	case EVENT_CALL_END:
		ev.ce_path = !talk_begun(s->vo_talk) ? "none" :
		    direct ? "direct" : "relay";
		/* FALLTHROUGH */
	case EVENT_STATS:
		if (s->vo_seal != NULL) {
			seal_stats(s->vo_seal, &ss);
			s->vo_counts.pc_repeated = ss.ss_repeated;
			s->vo_counts.pc_refused = ss.ss_refused;
		}
		if (s->vo_direct != NULL)
			s->vo_counts.pc_strangers =
			    direct_strangers(s->vo_direct);
		ev.ce_paths = &s->vo_counts;
		break;
	default:
		break;
	}
	voice_event(s, &ev);
}

static void
talk_op_begun(void *arg)
{
	struct voice	*s = arg;

	s->vo_config.vo_ops->begun(s->vo_config.vo_arg);
}

static void
talk_op_enough(void *arg, bool error)
{
	struct voice	*s = arg;

	s->vo_config.vo_ops->enough(s->vo_config.vo_arg, error);
}

static int
talk_op_send(void *arg, const uint8_t *data, size_t len)
{
	struct voice	*s = arg;
	uint8_t		 sealed[QUIC_MAX_DATAGRAM];

	if (s->vo_seal != NULL) {
		len = seal_protect(s->vo_seal, data, len, sealed,
		    sizeof(sealed));
		if (len == 0)
			return (-1);
		data = sealed;
	}
	if (s->vo_paths != NULL)
		return (paths_send(s->vo_paths, data, len, now(s)));
	return (paths_op_send(s, PATH_RELAY, data, len));
}

static void
talk_op_relayed(void *arg, const uint8_t *data, size_t len)
{
	voice_received(arg, PATH_RELAY, data, len);
}

static void
talk_op_relay(void *arg, bool up)
{
	struct voice	*s = arg;

	if (s->vo_paths != NULL) {
		if (up)
			paths_up(s->vo_paths, PATH_RELAY, now(s));
		else
			paths_down(s->vo_paths, PATH_RELAY, now(s));
	}
	if (s->vo_direct != NULL && !s->vo_trickle)
		direct_relay(s->vo_direct, up);
}

static bool
talk_op_stats(void *arg, struct quic_stats *qs)
{
	struct voice	*s = arg;

	if (voice_used(s) == PATH_DIRECT && s->vo_direct != NULL)
		return (direct_stats(s->vo_direct, qs));
	return (talk_relay_stats(s->vo_talk, qs));
}

/* The ways. */

static int
paths_op_send(void *arg, enum path path, const uint8_t *data, size_t len)
{
	struct voice	*s = arg;

	if (path == PATH_DIRECT) {
		if (s->vo_direct == NULL ||
		    direct_send(s->vo_direct, data, len) == -1)
			return (-1);
		s->vo_counts.pc_direct_sent++;
		return (0);
	}
	if (talk_relay_send(s->vo_talk, data, len) == -1)
		return (-1);
	s->vo_counts.pc_relay_sent++;
	return (0);
}

static uint64_t
paths_op_heard(void *arg, enum path path)
{
	struct voice	*s = arg;

	if (path == PATH_DIRECT)
		return (s->vo_direct != NULL ? direct_heard(s->vo_direct) : 0);
	return (talk_relay_heard(s->vo_talk));
}

static void
paths_op_changed(void *arg, enum path path, const char *why)
{
	struct voice		*s = arg;
	struct client_event	 ev;

	/* Who hangs up closes one after the other. */
	if (talk_hushed(s->vo_talk))
		return;
	/* The beginning is EVENT_MEDIA_START's to tell. */
	if (path == PATH_RELAY && !talk_begun(s->vo_talk))
		return;
	s->vo_path = path;
	talk_rerouted(s->vo_talk);
	memset(&ev, 0, sizeof(ev));
	ev.ce_type = EVENT_PATH;
	ev.ce_path = path == PATH_DIRECT ? "direct" : "relay";
	ev.ce_text = path == PATH_RELAY && s->vo_why != NULL ? s->vo_why :
	    why;
	if (path == PATH_DIRECT) {
		/* Dialled without checks: the kernel's choice, unknown. */
		if (s->vo_local.addr_len != 0 && !addr_is_any(&s->vo_local))
			ev.ce_local = address_kind(&s->vo_local);
		ev.ce_remote = address_kind(&s->vo_remote);
	}
	voice_event(s, &ev);
	/* The race has its own reports. */
	if (s->vo_trickle)
		voice_report(s);
}

static void
paths_op_again(void *arg)
{
	struct voice	*s = arg;

	if (s->vo_direct != NULL && s->vo_trickle)
		direct_again(s->vo_direct);
}

/* The direct connection. */

static int
direct_op_signal(void *arg, const struct signal *signal)
{
	struct voice	*s = arg;

	return (s->vo_config.vo_ops->signal(s->vo_config.vo_arg, signal));
}

static void
direct_op_check(void *arg, unsigned int listener, const struct addr *remote,
    const uint8_t *data, size_t len)
{
	struct voice	*s = arg;

	s->vo_config.vo_ops->check(s->vo_config.vo_arg, listener, remote,
	    data, len);
}

static void
direct_op_up(void *arg, const struct addr *local, const struct addr *remote)
{
	struct voice	*s = arg;

	s->vo_up = true;
	s->vo_why = NULL;
	s->vo_local = *local;
	s->vo_remote = *remote;
	paths_up(s->vo_paths, PATH_DIRECT, now(s));
	talk_other(s->vo_talk, true);
}

static void
direct_op_down(void *arg, const char *why)
{
	struct voice	*s = arg;

	s->vo_up = false;
	s->vo_why = why;
	paths_down(s->vo_paths, PATH_DIRECT, now(s));
	s->vo_why = NULL;
	talk_other(s->vo_talk, false);
	/* Of an original: if it is at the relay, we meet it there. */
	talk_join(s->vo_talk, &s->vo_relay);
	s->vo_config.vo_ops->parted(s->vo_config.vo_arg);
}

static void
direct_op_datagram(void *arg, const uint8_t *data, size_t len)
{
	voice_received(arg, PATH_DIRECT, data, len);
}

static void
direct_op_dial_relay(void *arg)
{
	struct voice	*s = arg;

	talk_join(s->vo_talk, &s->vo_relay);
}

static void
direct_op_decided(void *arg, bool direct)
{
	struct voice	*s = arg;

	if (!direct) {
		s->vo_up = false;
		paths_down(s->vo_paths, PATH_DIRECT, now(s));
		talk_other(s->vo_talk, false);
	}
	/*
	 * One of ours comes back to the relay when it must; an original leaves
	 * it for good.
	 */
	if (!direct || s->vo_seal != NULL)
		talk_join(s->vo_talk, &s->vo_relay);
	else
		talk_part(s->vo_talk);
	talk_hold(s->vo_talk, false);
}

static void
direct_op_refused(void *arg, const char *why)
{
	struct voice		*s = arg;
	struct client_event	 ev;

	memset(&ev, 0, sizeof(ev));
	ev.ce_type = EVENT_WARNING;
	ev.ce_text = why;
	voice_event(s, &ev);
}

static void
direct_op_told(void *arg, const struct signal *signal)
{
	struct voice	*s = arg;

	s->vo_config.vo_ops->told(s->vo_config.vo_arg, signal);
}

/* In the words of reach.h. */
static const char *
address_kind(const struct addr *a)
{
	bool	v6 = addr_family(a) == AF_INET6;

	if (addr_is_loopback(a))
		return (v6 ? "ipv6-loopback" : "ipv4-loopback");
	if (reach_class(a) == REACH_LAN)
		return (v6 ? "ipv6-private" : "ipv4-private");
	return (v6 ? "ipv6-public" : "ipv4-public");
}

static uint64_t
now(const struct voice *s)
{
	return (s->vo_config.vo_talk.tc_shared->ls_now);
}
