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
 * Fuzz target: port mappings.  Answers of a router, and what the client and its
 * helper tell each other: only an answer to this request changes anything, and
 * what is taken for a mapping is written back to the same bytes.
 *
 *	what (1), packet
 *
 * COVERS: fuzzing - answers of routers, port mapping helper: corpus
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "client/portmap/pcp.h"
#include "client/portmap/portmap_wire.h"
#include "regress/fuzz/fuzz.h"

const char *const	fuzz_faults[] = { "answer", "foreign", "state",
			    "epoch", NULL };

static void	pcp(const uint8_t *, size_t, bool);
static void	wire(const uint8_t *, size_t);
static void	epoch(struct fuzz_input *);

/* ours: nonce, port and protocol are put into the packet. */
static void
pcp(const uint8_t *p, size_t len, bool ours)
{
	struct pcp_map	 m, before;
	enum pcp_answer	 answer;
	uint8_t		*copy, again[PCP_MAP_LEN];

	memset(&m, 0, sizeof(m));
	memset(m.pm_nonce, 0x5a, sizeof(m.pm_nonce));
	FUZZ_CHECK(addr_parse(&m.pm_client, "192.168.1.2:0") == 0);
	m.pm_port = 4433;
	m.pm_lifetime = 7200;
	copy = fuzz_copy(p, len);
	if (ours && len >= PCP_MAP_LEN) {
		copy[0] = 2;
		copy[1] = 0x81;
		memcpy(copy + 24, m.pm_nonce, sizeof(m.pm_nonce));
		copy[36] = 17;
		copy[40] = 4433 >> 8;
		copy[41] = 4433 & 0xff;
	}
	before = m;
	answer = pcp_get_map(copy, len, &m);
	if (answer == PCP_MAPPED) {
		FUZZ_CHECK(len >= PCP_MAP_LEN && len <= PCP_PACKET_MAX &&
		    len % 4 == 0 && copy[3] == 0);
		FUZZ_CHECK(fuzz_fault("foreign") !=
		    (memcmp(copy + 24, m.pm_nonce, PCP_NONCE_LEN) == 0));
		FUZZ_CHECK(addr_family(&m.pm_external) == AF_INET);
		/* A request for just this has the same values. */
		pcp_put_map(again, &m);
		if (fuzz_fault("answer"))
			again[PCP_MAP_LEN - 1] ^= 1;
		FUZZ_CHECK(memcmp(again + 4, copy + 4, 4) == 0);
		FUZZ_CHECK(memcmp(again + 24, copy + 24, 13) == 0);
		FUZZ_CHECK(memcmp(again + 40, copy + 40, 20) == 0);
	} else {
		FUZZ_CHECK(m.pm_lifetime == before.pm_lifetime &&
		    m.pm_epoch == before.pm_epoch &&
		    m.pm_external.addr_len == before.pm_external.addr_len);
		FUZZ_CHECK(answer == PCP_REFUSED || answer == PCP_IGNORED);
	}
	FUZZ_CHECK(m.pm_port == before.pm_port &&
	    memcmp(m.pm_nonce, before.pm_nonce, sizeof(m.pm_nonce)) == 0);
	free(copy);
}

static void
wire(const uint8_t *p, size_t len)
{
	enum portmap_protocol	 protocol;
	struct addr		 a;
	uint8_t			*copy, want[PORTMAP_WANT_LEN];
	uint8_t			 state[PORTMAP_STATE_LEN];
	uint16_t		 port;

	copy = fuzz_copy(p, len);
	if (portmap_get_want(copy, len, &port) == 0) {
		portmap_put_want(want, port);
		FUZZ_CHECK(len == sizeof(want) &&
		    memcmp(want, copy, len) == 0);
	}
	if (portmap_get_state(copy, len, &protocol, &a) == 0) {
		FUZZ_CHECK(protocol < PORTMAP_MAX);
		FUZZ_CHECK(protocol == PORTMAP_NONE ?
		    addr_family(&a) == AF_UNSPEC :
		    portmap_external_usable(&a));
		portmap_put_state(state, protocol, &a);
		if (fuzz_fault("state"))
			state[1] ^= 1;
		FUZZ_CHECK(len == sizeof(state) &&
		    memcmp(state, copy, len) == 0);
	}
	free(copy);
}

static void
epoch(struct fuzz_input *in)
{
	uint32_t	before = fuzz_u32(in), by = fuzz_u32(in);
	uint64_t	ours = fuzz_u32(in), step = fuzz_u32(in);

	(void)pcp_epoch_valid(before, by, ours, ours + step);
	/* Two clocks that go alike are never told apart. */
	if (by <= UINT32_MAX - before)
		FUZZ_CHECK(fuzz_fault("epoch") !=
		    pcp_epoch_valid(before, before + by, ours, ours + by));
	/* One that starts anew is, unless it is as old by now. */
	if (before > 1)
		FUZZ_CHECK(!pcp_epoch_valid(before, before - 2, ours,
		    ours + step));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input	in = { data, len };

	switch (fuzz_u8(&in) & 3) {
	case 0:
		pcp(in.fi_p, in.fi_len, false);
		break;
	case 1:
		pcp(in.fi_p, in.fi_len, true);
		break;
	case 2:
		wire(in.fi_p, in.fi_len);
		break;
	case 3:
		epoch(&in);
		break;
	}
	return (0);
}
