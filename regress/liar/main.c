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
 * wzp-liar: the program.  What it does it says on standard output, a line
 * each; it ends on SIGTERM with its counters.
 */
#include "config.h"

#include <errno.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/liar/liar.h"

struct liar	 liar;

static volatile sig_atomic_t	 ended;

static void
on_signal(int sig)
{
	(void)sig;
	ended = 1;
}

static bool
is_ended(void *arg)
{
	(void)arg;
	return (ended != 0);
}

static void __attribute__((noreturn))
usage(void)
{
	int	 i;

	fprintf(stderr, "usage: wzp-liar [-o] [-l lie] address:port\n"
	    "lies:");
	for (i = 0; i < LIE_MAX; i++)
		fprintf(stderr, " %s", lie_name((enum lie)i));
	fputc('\n', stderr);
	exit(EX_SCRIPT);
}

static void
listen_on(const char *addr)
{
	struct peer	*p = &liar.li_peer;

	addr_parse(addr, &p->p_relay4);
	p->p_have4 = true;
	snprintf(liar.li_addr, sizeof(liar.li_addr), "%s", addr);
	if ((p->p_server_fd = socket(p->p_relay4.ss_family, SOCK_DGRAM |
	    SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) == -1 ||
	    bind(p->p_server_fd, (void *)&p->p_relay4,
	    addr_size(&p->p_relay4)) == -1)
		script_error("%s: %s", addr, strerror(errno));
}

int
main(int argc, char *argv[])
{
	struct sigaction	 sa;
	struct guest		*gu;
	struct lcall		*lc;
	struct pconn		*pc;
	uint8_t			 seed[32];
	int			 ch, i;

	loop_init(&liar.li_peer);
	TAILQ_INIT(&liar.li_guests);
	TAILQ_INIT(&liar.li_calls);
	while ((ch = getopt(argc, argv, "l:o")) != -1) {
		switch (ch) {
		case 'l':
			if ((liar.li_lie = lie_by_name(optarg)) == LIE_MAX)
				usage();
			break;
		case 'o':
			liar.li_original = true;
			break;
		default:
			usage();
		}
	}
	if (argc - optind != 1)
		usage();
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	if (sigaction(SIGTERM, &sa, NULL) == -1 ||
	    sigaction(SIGINT, &sa, NULL) == -1)
		script_error("sigaction: %s", strerror(errno));
	signal(SIGPIPE, SIG_IGN);
	if (OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1 ||
	    ngtcp2_crypto_ossl_init() != 0)
		script_error("OpenSSL");
	/* A certificate and keys of this run. */
	if (RAND_bytes(seed, sizeof(seed)) != 1 ||
	    RAND_bytes(liar.li_x25519, sizeof(liar.li_x25519)) != 1)
		script_error("no random bytes");
	ident_init(&liar.li_id, seed);
	x25519_public(liar.li_x25519, liar.li_ephemeral);
	liar.li_peer.p_profile = PROFILE_OURS;
	liar.li_peer.p_server_ctx = tls_server_ctx(&liar.li_id);
	liar.li_peer.p_client_ctx = tls_client_ctx(PROFILE_OURS);
	if (liar.li_lie == LIE_ADDRESSES_RACE)
		liar.li_original = true;
	listen_on(argv[optind]);
	if (liar.li_lie >= LIE_ADDRESSES && liar.li_lie <= LIE_ADDRESSES_RACE)
		impostor_start();
	say("ready: %s, %s", lie_name(liar.li_lie), liar.li_id.id_fp);

	(void)loop_until(&liar.li_peer, is_ended, NULL, UINT64_MAX);

	say("forwarded %llu altered %llu replayed %llu injected %llu "
	    "checks %llu impostor %llu",
	    (unsigned long long)liar.li_forwarded,
	    (unsigned long long)liar.li_altered,
	    (unsigned long long)liar.li_replayed,
	    (unsigned long long)liar.li_injected,
	    (unsigned long long)liar.li_checks,
	    (unsigned long long)liar.li_direct);
	TAILQ_FOREACH(pc, &liar.li_peer.p_conns, pc_entry)
		conn_close(pc, 0, "normal close", 12);
	while ((gu = TAILQ_FIRST(&liar.li_guests)) != NULL) {
		TAILQ_REMOVE(&liar.li_guests, gu, gu_entry);
		free(gu->gu_old);
		free(gu->gu_held);
		free(gu);
	}
	while ((lc = TAILQ_FIRST(&liar.li_calls)) != NULL) {
		TAILQ_REMOVE(&liar.li_calls, lc, lc_entry);
		yyjson_doc_free(lc->lc_offer);
		yyjson_doc_free(lc->lc_answer);
		free(lc);
	}
	while ((pc = TAILQ_FIRST(&liar.li_peer.p_conns)) != NULL) {
		TAILQ_REMOVE(&liar.li_peer.p_conns, pc, pc_entry);
		conn_free(pc);
	}
	SSL_CTX_free(liar.li_peer.p_client_ctx);
	SSL_CTX_free(liar.li_peer.p_server_ctx);
	ngtcp2_crypto_ossl_free();
	close(liar.li_peer.p_server_fd);
	for (i = 0; i < PEER_SIDES; i++)
		if (liar.li_peer.p_side_fd[i] != -1)
			close(liar.li_peer.p_side_fd[i]);
	return (0);
}
