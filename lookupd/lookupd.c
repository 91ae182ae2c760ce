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
 * lookupd: where are the relays of the configuration that have names (names.h),
 * and are the tokens that people show good, and whose are they?  signald
 * and the mediads ask; each question becomes one HTTP POST to the auth server
 * of the configuration (wzp-protocol 5.2) and gets one answer.
 *
 * Questions wait in a queue per neighbour and are taken from these in turn,
 * so a flood of joins does not keep registrations out.  A neighbour that is
 * gone takes its questions with it.
 */

#include "config.h"

#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/sandbox/sandbox.h"
#include "common/worker/worker.h"
#include "lookupd/answer.h"
#include "lookupd/http.h"
#include "lookupd/names.h"
#include "lookupd/resolve.h"
#include "lookupd/target.h"

/* From question to answer, waiting included (wzp-protocol 5.2). */
#define CHECK_LIMIT_MS	5000
/* Of one neighbour, under way and waiting; about 8 KB each. */
#define CHECKS_MAX	256
/* Addresses are used so long at least and at most, whatever their TTL. */
#define FRESH_MIN_S	5
#define FRESH_MAX_S	300
/* The name servers get this much rest, whatever happens. */
#define RETRY_MS	1000
/* Of failures so many lines a second: whoever shows tokens can cause them. */
#define COMPLAINTS_S	5
/*
 * None of them answers for so long: there may be others now, but resolv.conf
 * is out of reach for this process.  Its successor reads it.
 */
#define SILENT_S	60

struct check {
	TAILQ_ENTRY(check)	 ck_entry;
	struct peer		*ck_peer;
	uint64_t		 ck_seq;
	uint64_t		 ck_due;
	char			*ck_body;
	size_t			 ck_len;
	struct http_request	*ck_request;	/* NULL: waits */
};

TAILQ_HEAD(checks, check);

struct peer {
	TAILQ_ENTRY(peer)	 pe_entry;
	enum proc		 pe_role;
	unsigned int		 pe_instance;
	struct channel		*pe_channel;
	struct checks		 pe_waiting;
	struct checks		 pe_running;
	size_t			 pe_count;
};

struct lookupd {
	struct worker		*lo_worker;
	struct msg_auth_url	 lo_url;
	struct target		 lo_target;
	struct http		*lo_http;	/* NULL: no auth server */
	struct names		*lo_names;
	char			*lo_hosts;
	struct resolver		*lo_resolver;	/* NULL: needs none */
	bool			 lo_known;	/* http has an address */
	uint64_t		 lo_fresh;	/* until then */
	uint64_t		 lo_retry;	/* no sooner */
	uint64_t		 lo_silent;	/* no answer since; 0: not so */
	char			 lo_why[64];	/* the name is not known */
	bool			 lo_serving;
	TAILQ_HEAD(, peer)	 lo_peers;	/* whose turn it is first */
	size_t			 lo_waiting;
	size_t			 lo_running;
	ev_timer		 lo_timer;	/* of those that wait */
	uint64_t		 lo_checks;
	uint64_t		 lo_good;
	uint64_t		 lo_bad;	/* the server says no */
	uint64_t		 lo_failed;	/* no usable answer */
	uint64_t		 lo_busy;	/* too many of one neighbour */
	uint64_t		 lo_resolved;
	uint64_t		 lo_second;	/* of the last complaint */
	unsigned int		 lo_complaints;	/* in it */
};

static void	 lookupd_auth_url(struct worker *,
		    const struct msg_auth_url *);
static void	 lookupd_channel(struct worker *, struct channel *, bool);
static void	 lookupd_channel_lost(struct worker *, enum proc,
		    unsigned int, bool);
static int	 lookupd_start(struct worker *);
static int	 lookupd_serve(struct worker *);
static void	 lookupd_message(struct channel *, void *, enum msg_type,
		    const void *, int);
static void	 lookupd_batch_end(struct channel *, void *);
static void	 lookupd_stats(struct worker *, struct row *);
static int	 lookupd_server(struct lookupd *);
static int	 lookupd_addresses(struct lookupd *,
		    const struct resolve_config *);
static void	 lookupd_heard(void *, bool);
static struct peer
		*peer_find(struct lookupd *, enum proc, unsigned int);
static void	 peer_drop(struct lookupd *, struct peer *);
static void	 check_new(struct lookupd *, struct channel *,
		    const struct msg_auth_check *);
static void	 check_free(struct lookupd *, struct check *);
static void	 check_answer(struct channel *, uint64_t, const char *,
		    const char *);
static void	 check_fail(struct lookupd *, struct check *, const char *);
static void	 lookupd_pump(struct lookupd *);
static bool	 lookupd_ready(struct lookupd *, uint64_t);
static void	 lookupd_arm(struct lookupd *, uint64_t);
static void	 lookupd_timer(struct ev_loop *, ev_timer *, int);
static resolve_done	 lookupd_resolved;
static http_done	 lookupd_done;

static const struct worker_ops	lookupd_ops = {
	.role = PROC_LOOKUPD,
	.auth_url = lookupd_auth_url,
	.channel = lookupd_channel,
	.channel_lost = lookupd_channel_lost,
	.start = lookupd_start,
	.serve = lookupd_serve,
	.message = lookupd_message,
	.batch_end = lookupd_batch_end,
	.stats = lookupd_stats
};

/* libcurl's callbacks name a check only; there is one lookupd. */
static struct lookupd	the_lookupd;

int
main(int argc, char **argv)
{
	TAILQ_INIT(&the_lookupd.lo_peers);
	return (worker_main(argc, argv, &lookupd_ops, &the_lookupd));
}

/* Set-up. */

static void
lookupd_auth_url(struct worker *w, const struct msg_auth_url *msg)
{
	struct lookupd	*lo = worker_ctx(w);

	/* Another URL would need another sandbox: relayd restarts us. */
	if (!lo->lo_serving)
		lo->lo_url = *msg;
}

static int
lookupd_start(struct worker *w)
{
	struct resolve_config	 config;
	struct lookupd		*lo = worker_ctx(w);

	lo->lo_worker = w;
	resolve_read_conf(&config, "/etc/resolv.conf");
	if ((lo->lo_hosts = resolve_read_hosts("/etc/hosts")) == NULL ||
	    (lo->lo_names = names_new(worker_loop(w), &config, lo->lo_hosts,
	    lookupd_heard, lo)) == NULL) {
		log_warn("names");
		return (-1);
	}
	/* Whatever converts a date first would look for the time zone. */
	tzset();
	if (lo->lo_url.url[0] == '\0')
		return (0);
	if (lookupd_server(lo) == -1 ||
	    lookupd_addresses(lo, &config) == -1)
		return (-1);
	if (sandbox_port(lo->lo_target.tg_port) == -1) {
		log_warn("sandbox");
		return (-1);
	}
	return (0);
}

static int
lookupd_server(struct lookupd *lo)
{
	const char	*why;

	if ((why = target_parse(&lo->lo_target, lo->lo_url.url)) != NULL) {
		log_warnx("auth url: %s", why);
		return (-1);
	}
	if (target_load_ca(&lo->lo_target, lo->lo_url.ca) == -1)
		return (-1);
	if ((lo->lo_http = http_new(worker_loop(lo->lo_worker),
	    &lo->lo_target, ANSWER_MAX, lookupd_done)) == NULL)
		return (-1);
	return (0);
}

/*
 * What is known of the host before the sandbox: it is an address, or the
 * hosts file has it (then for good); else name servers are asked later.
 */
static int
lookupd_addresses(struct lookupd *lo, const struct resolve_config *config)
{
	struct addr	addrs[DNS_ADDRS_MAX];
	size_t		n;

	lo->lo_fresh = UINT64_MAX;
	if (lo->lo_target.tg_literal) {
		lo->lo_known = true;
		return (0);
	}
	n = resolve_find_hosts(lo->lo_hosts, lo->lo_target.tg_host, addrs,
	    DNS_ADDRS_MAX);
	if (n > 0) {
		if (http_addresses(lo->lo_http, addrs, n) == -1) {
			log_warnx("auth url: addresses");
			return (-1);
		}
		lo->lo_known = true;
		return (0);
	}
	lo->lo_fresh = 0;
	lo->lo_resolver = resolver_new(worker_loop(lo->lo_worker), config,
	    lo->lo_target.tg_host, lookupd_resolved, lo);
	if (lo->lo_resolver == NULL) {
		log_warnx("auth url: no resolver for its host");
		return (-1);
	}
	return (0);
}

static int
lookupd_serve(struct worker *w)
{
	struct lookupd	*lo = worker_ctx(w);

	ev_timer_init(&lo->lo_timer, lookupd_timer, 0., 0.);
	lo->lo_timer.data = lo;
	lo->lo_serving = true;
	if (lo->lo_resolver != NULL)
		resolver_start(lo->lo_resolver);
	return (0);
}

/* Neighbours. */

static struct peer *
peer_find(struct lookupd *lo, enum proc role, unsigned int instance)
{
	struct peer	*pe;

	TAILQ_FOREACH(pe, &lo->lo_peers, pe_entry)
		if (pe->pe_role == role && pe->pe_instance == instance)
			return (pe);
	return (NULL);
}

static void
lookupd_channel(struct worker *w, struct channel *ch, bool data)
{
	struct lookupd	*lo = worker_ctx(w);
	struct peer	*pe;

	if (data)
		return;
	if ((pe = calloc(1, sizeof(*pe))) == NULL) {
		log_warn("%s", proc_name(channel_peer(ch)));
		return;
	}
	pe->pe_role = channel_peer(ch);
	pe->pe_instance = channel_peer_instance(ch);
	pe->pe_channel = ch;
	TAILQ_INIT(&pe->pe_waiting);
	TAILQ_INIT(&pe->pe_running);
	TAILQ_INSERT_TAIL(&lo->lo_peers, pe, pe_entry);
}

/* The channel is freed already. */
static void
lookupd_channel_lost(struct worker *w, enum proc role, unsigned int instance,
    bool data)
{
	struct lookupd	*lo = worker_ctx(w);
	struct peer	*pe;

	if (!data && (pe = peer_find(lo, role, instance)) != NULL) {
		if (lo->lo_names != NULL)
			names_lost(lo->lo_names, pe->pe_channel);
		peer_drop(lo, pe);
	}
	if (lo->lo_serving)
		lookupd_pump(lo);
}

static void
peer_drop(struct lookupd *lo, struct peer *pe)
{
	struct check	*ck;

	while ((ck = TAILQ_FIRST(&pe->pe_running)) != NULL)
		check_free(lo, ck);
	while ((ck = TAILQ_FIRST(&pe->pe_waiting)) != NULL)
		check_free(lo, ck);
	TAILQ_REMOVE(&lo->lo_peers, pe, pe_entry);
	free(pe);
}

static void
lookupd_message(struct channel *ch, void *arg, enum msg_type type,
    const void *msg, int fd)
{
	const struct msg_ctl_query	*query;
	struct lookupd			*lo;

	if (fd != -1)
		close(fd);	/* no message of ours carries one */
	switch (type) {
	case MSG_AUTH_CHECK:
		check_new(worker_ctx(arg), ch, msg);
		break;
	case MSG_NAME_QUERY:
		lo = worker_ctx(arg);
		names_query(lo->lo_names, ch, msg);
		break;
	case MSG_CTL_QUERY:
		query = msg;
		worker_ctl_end(ch, query->id, "nothing of that here");
		break;
	default:
		/* The table lets nothing else through. */
		break;
	}
}

static void
lookupd_batch_end(struct channel *ch, void *arg)
{
	(void)ch;
	lookupd_pump(worker_ctx(arg));
}

/* Checks. */

static void
check_new(struct lookupd *lo, struct channel *ch,
    const struct msg_auth_check *msg)
{
	struct check	*ck;
	struct peer	*pe;

	lo->lo_checks++;
	if (lo->lo_http == NULL) {
		lo->lo_failed++;
		check_answer(ch, msg->seq, "", "no auth server is known");
		return;
	}
	pe = peer_find(lo, channel_peer(ch), channel_peer_instance(ch));
	if (pe == NULL || pe->pe_count >= CHECKS_MAX) {
		lo->lo_busy++;
		check_answer(ch, msg->seq, "", "too many checks under way");
		return;
	}
	if ((ck = calloc(1, sizeof(*ck))) == NULL ||
	    (ck->ck_body = answer_request(msg->token.data, msg->token.len,
	    &ck->ck_len)) == NULL) {
		free(ck);
		lo->lo_failed++;
		check_answer(ch, msg->seq, "", "the token is not UTF-8");
		return;
	}
	ck->ck_peer = pe;
	ck->ck_seq = msg->seq;
	ck->ck_due = clock_mono_ns() + CHECK_LIMIT_MS * NS_PER_MS;
	TAILQ_INSERT_TAIL(&pe->pe_waiting, ck, ck_entry);
	pe->pe_count++;
	lo->lo_waiting++;
}

static void
check_free(struct lookupd *lo, struct check *ck)
{
	if (ck->ck_request != NULL) {
		http_cancel(ck->ck_request);
		TAILQ_REMOVE(&ck->ck_peer->pe_running, ck, ck_entry);
		lo->lo_running--;
	} else {
		TAILQ_REMOVE(&ck->ck_peer->pe_waiting, ck, ck_entry);
		lo->lo_waiting--;
	}
	ck->ck_peer->pe_count--;
	answer_wipe(ck->ck_body, ck->ck_len);
	free(ck);
}

static void
check_answer(struct channel *ch, uint64_t seq, const char *fingerprint,
    const char *error)
{
	struct msg_auth_result	msg;

	memset(&msg, 0, sizeof(msg));
	msg.seq = seq;
	msg.ok = fingerprint[0] != '\0';
	(void)strlcpy(msg.fingerprint, fingerprint, sizeof(msg.fingerprint));
	/* Words of the server or of libcurl may be in it. */
	log_escape(msg.error, sizeof(msg.error), error, strlen(error));
	(void)channel_send(ch, MSG_AUTH_RESULT, &msg);
}

/* No usable answer: the operator wants to know. */
static void
check_fail(struct lookupd *lo, struct check *ck, const char *why)
{
	uint64_t	second = clock_mono_ns() / NS_PER_S;
	char		text[128];

	lo->lo_failed++;
	if (second != lo->lo_second) {
		lo->lo_second = second;
		lo->lo_complaints = 0;
	}
	if (lo->lo_complaints++ < COMPLAINTS_S)
		log_warnx("a token was not checked: %s",
		    log_escape(text, sizeof(text), why, strlen(why)));
	check_answer(ck->ck_peer->pe_channel, ck->ck_seq, "", why);
	check_free(lo, ck);
}

static void
lookupd_done(void *arg, enum http_end end, const char *body, size_t len,
    const char *why)
{
	struct lookupd	*lo = &the_lookupd;
	struct check	*ck = arg;
	char		 fingerprint[FP_STRLEN];

	/* libcurl is done with it: as if it waited. */
	ck->ck_request = NULL;
	TAILQ_REMOVE(&ck->ck_peer->pe_running, ck, ck_entry);
	TAILQ_INSERT_HEAD(&ck->ck_peer->pe_waiting, ck, ck_entry);
	lo->lo_running--;
	lo->lo_waiting++;
	if (end == HTTP_UNREACHABLE && lo->lo_resolver != NULL)
		lo->lo_fresh = 0;
	if (end != HTTP_OK)
		check_fail(lo, ck, why);
	else if ((why = answer_read(body, len, fingerprint)) != NULL) {
		lo->lo_bad++;
		log_debug("a token was refused: %s", why);
		check_answer(ck->ck_peer->pe_channel, ck->ck_seq, "", why);
		check_free(lo, ck);
	} else {
		lo->lo_good++;
		check_answer(ck->ck_peer->pe_channel, ck->ck_seq, fingerprint,
		    "");
		check_free(lo, ck);
	}
	/* Others may wait for the place; from the loop, not from in here. */
	lookupd_arm(lo, 0);
}

/* Is the host's address known?  Old ones do while new ones are asked for. */
static bool
lookupd_ready(struct lookupd *lo, uint64_t now)
{
	if (lo->lo_resolver != NULL && now >= lo->lo_fresh &&
	    now >= lo->lo_retry)
		resolver_start(lo->lo_resolver);
	return (lo->lo_known);
}

/* Takes checks from the neighbours in turn as long as there is room. */
static void
lookupd_pump(struct lookupd *lo)
{
	struct check	*ck;
	struct peer	*pe;
	uint64_t	 now = clock_mono_ns(), next = UINT64_MAX;
	bool		 ready;

	if (lo->lo_waiting == 0)
		return;
	ready = lookupd_ready(lo, now);
	TAILQ_FOREACH(pe, &lo->lo_peers, pe_entry) {
		while ((ck = TAILQ_FIRST(&pe->pe_waiting)) != NULL &&
		    (ck->ck_due <= now + NS_PER_MS || (!ready &&
		    !resolver_busy(lo->lo_resolver))))
			check_fail(lo, ck, ready ? "no answer in time" :
			    lo->lo_why);
	}
	while (ready && lo->lo_waiting > 0) {
		TAILQ_FOREACH(pe, &lo->lo_peers, pe_entry)
			if (!TAILQ_EMPTY(&pe->pe_waiting))
				break;
		if (pe == NULL)
			break;
		ck = TAILQ_FIRST(&pe->pe_waiting);
		ck->ck_request = http_post(lo->lo_http, ck->ck_body,
		    ck->ck_len, (unsigned int)((ck->ck_due - now) /
		    NS_PER_MS), ck);
		if (ck->ck_request == NULL)
			break;		/* none free: when one ends */
		TAILQ_REMOVE(&pe->pe_waiting, ck, ck_entry);
		TAILQ_INSERT_TAIL(&pe->pe_running, ck, ck_entry);
		lo->lo_waiting--;
		lo->lo_running++;
		TAILQ_REMOVE(&lo->lo_peers, pe, pe_entry);
		TAILQ_INSERT_TAIL(&lo->lo_peers, pe, pe_entry);
	}
	TAILQ_FOREACH(pe, &lo->lo_peers, pe_entry)
		if ((ck = TAILQ_FIRST(&pe->pe_waiting)) != NULL &&
		    ck->ck_due < next)
			next = ck->ck_due;
	if (next != UINT64_MAX)
		lookupd_arm(lo, next > now ? next - now : 0);
}

static void
lookupd_arm(struct lookupd *lo, uint64_t wait)
{
	struct ev_loop	*loop = worker_loop(lo->lo_worker);

	ev_timer_stop(loop, &lo->lo_timer);
	ev_now_update(loop);
	ev_timer_set(&lo->lo_timer, (double)wait / (double)NS_PER_S, 0.);
	ev_timer_start(loop, &lo->lo_timer);
}

static void
lookupd_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	lookupd_pump(timer->data);
}

static void
lookupd_resolved(void *arg, const struct dns_answer *answer, bool silent,
    const char *why)
{
	struct lookupd	*lo = arg;
	uint64_t	 now = clock_mono_ns(), ttl;

	lo->lo_retry = now + RETRY_MS * NS_PER_MS;
	if (answer == NULL ||
	    http_addresses(lo->lo_http, answer->da_addrs,
	    answer->da_count) == -1) {
		log_warnx("auth url: %s: %s", lo->lo_target.tg_host, why);
		(void)strlcpy(lo->lo_why, why, sizeof(lo->lo_why));
	} else {
		ttl = answer->da_ttl;
		if (ttl < FRESH_MIN_S)
			ttl = FRESH_MIN_S;
		if (ttl > FRESH_MAX_S)
			ttl = FRESH_MAX_S;
		lo->lo_known = true;
		lo->lo_fresh = now + ttl * NS_PER_S;
		lo->lo_resolved++;
	}
	lookupd_heard(lo, silent);
	lookupd_arm(lo, 0);
}

static void
lookupd_heard(void *arg, bool silent)
{
	struct lookupd	*lo = arg;
	uint64_t	 now = clock_mono_ns();

	if (!silent)
		lo->lo_silent = 0;
	else if (lo->lo_silent == 0)
		lo->lo_silent = now;
	else if (now - lo->lo_silent >= SILENT_S * NS_PER_S) {
		log_warnx("no name server has answered for %d s: ending, to "
		    "be started with those of today", SILENT_S);
		worker_exit(lo->lo_worker, 1);
	}
}

static void
lookupd_stats(struct worker *w, struct row *row)
{
	struct lookupd	*lo = worker_ctx(w);

	row_u64(row, "checks", lo->lo_checks);
	row_u64(row, "good", lo->lo_good);
	row_u64(row, "bad", lo->lo_bad);
	row_u64(row, "failed", lo->lo_failed);
	row_u64(row, "busy", lo->lo_busy);
	row_u64(row, "waiting", lo->lo_waiting);
	row_u64(row, "running", lo->lo_running);
	row_u64(row, "resolved", lo->lo_resolved);
	if (lo->lo_names != NULL)
		names_stats(lo->lo_names, row);
}
