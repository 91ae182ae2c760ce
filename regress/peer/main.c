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
 * wzp-peer: runs one scenario script.  Exit status 0: everything was as the
 * script says; 1: something was not; 2: the script or the set-up is wrong.
 */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "regress/peer/peer.h"

static void __attribute__((noreturn))
usage(void)
{
	fprintf(stderr,
	    "usage: wzp-peer [-s] [-p ours|original] [-r address:port]\n"
	    "                [-6 [address]:port] script\n"
	    "       wzp-peer -f low-high\n"
	    "       wzp-peer -t seed\n");
	exit(EX_SCRIPT);
}

/* What a stanza of the configuration calls a relay with this seed. */
static int
print_tlsfp(const char *hex)
{
	struct ident	 id;
	uint8_t		*seed;
	size_t		 len;

	if (hex_decode(hex, &seed, &len) == -1 || len != 32)
		usage();
	memset(&id, 0, sizeof(id));
	ident_init(&id, seed);
	free(seed);
	printf("%s\n", id.id_tlsfp);
	return (0);
}

int
main(int argc, char *argv[])
{
	struct pconn	*pc;
	struct peer	 peer;
	bool		 self = false;
	int		 ch, i, rv;

	loop_init(&peer);
	peer.p_profile = PROFILE_ORIGINAL;
	while ((ch = getopt(argc, argv, "6:f:p:r:st:")) != -1) {
		switch (ch) {
		case '6':
			addr_parse(optarg, &peer.p_relay6);
			peer.p_have6 = true;
			break;
		case 'f':
			return (free_port(optarg));
		case 'p':
			if (strcmp(optarg, "ours") == 0)
				peer.p_profile = PROFILE_OURS;
			else if (strcmp(optarg, "original") != 0)
				usage();
			break;
		case 'r':
			addr_parse(optarg, &peer.p_relay4);
			peer.p_have4 = true;
			break;
		case 's':
			self = true;
			break;
		case 't':
			return (print_tlsfp(optarg));
		default:
			usage();
		}
	}
	if (argc - optind != 1)
		usage();
	signal(SIGPIPE, SIG_IGN);
	/* The host's openssl.cnf has no say in a test. */
	if (OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1 ||
	    ngtcp2_crypto_ossl_init() != 0)
		script_error("OpenSSL");
	peer.p_client_ctx = tls_client_ctx(peer.p_profile);
	if (self)
		serve_start(&peer);
	rv = script_run(&peer, argv[optind]);
	TAILQ_FOREACH(pc, &peer.p_conns, pc_entry)
		if (!pc->pc_server || pc->pc_scripted)
			conn_close(pc, 0, "done", 4);
	while ((pc = TAILQ_FIRST(&peer.p_conns)) != NULL) {
		TAILQ_REMOVE(&peer.p_conns, pc, pc_entry);
		conn_free(pc);
	}
	SSL_CTX_free(peer.p_client_ctx);
	SSL_CTX_free(peer.p_server_ctx);
	ngtcp2_crypto_ossl_free();
	if (peer.p_server_fd != -1)
		close(peer.p_server_fd);
	for (i = 0; i < PEER_SIDES; i++)
		if (peer.p_side_fd[i] != -1) {
			close(peer.p_side_fd[i]);
			SSL_CTX_free(peer.p_side_ctx[i]);
		}
	return (rv);
}
