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
 * Fuzz target: what the outside tells lookupd.  Answers of name servers, with
 * and without a header that fits the question, and the JSON of an auth server.
 *
 *	mode (1): 0 a whole packet, 1 records behind a header of ours,
 *	2 an auth server's answer, 3 a token
 *	0: id (2), name, packet     1: counts, flags (1), name, records
 *
 * COVERS: fuzzing - answers of name servers and of the auth server: corpus
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <yyjson.h>

#include "lookupd/answer.h"
#include "lookupd/dns.h"
#include "regress/fuzz/fuzz.h"

const char *const	fuzz_faults[] = { "count", "question", "fingerprint",
			    "token", NULL };

static void	dns(struct fuzz_input *, bool);
static void	read_twice(const uint8_t *, size_t, uint16_t, const char *,
		    uint16_t);
static void	auth(struct fuzz_input *);
static void	token(struct fuzz_input *);

/* The same packet cut short never says more. */
static void
read_twice(const uint8_t *p, size_t len, uint16_t id, const char *name,
    uint16_t type)
{
	struct dns_answer	 da, half;
	enum dns_result		 result;
	uint8_t			*copy;
	size_t			 i;

	copy = fuzz_copy(p, len);
	memset(&da, 0, sizeof(da));
	da.da_ttl = UINT32_MAX;
	half = da;
	result = dns_read(copy, len, id, name, type, &da);
	free(copy);
	FUZZ_CHECK(fuzz_fault("count") != (da.da_count <= DNS_ADDRS_MAX));
	FUZZ_CHECK(result != DNS_OK || da.da_count > 0);
	FUZZ_CHECK(da.da_count == 0 || result == DNS_OK ||
	    result == DNS_SERVER_FAILED);
	FUZZ_CHECK(da.da_count == 0 || da.da_ttl <= INT32_MAX);
	for (i = 0; i < da.da_count; i++) {
		FUZZ_CHECK(addr_port(&da.da_addrs[i]) == 0);
		FUZZ_CHECK(addr_family(&da.da_addrs[i]) == AF_INET ||
		    (type == DNS_TYPE_AAAA &&
		    addr_family(&da.da_addrs[i]) == AF_INET6));
	}
	copy = fuzz_copy(p, len / 2);
	(void)dns_read(copy, len / 2, id, name, type, &half);
	free(copy);
	FUZZ_CHECK(half.da_count <= da.da_count);
	/* It answers one question at most. */
	if (result == DNS_FORGED)
		return;
	memset(&half, 0, sizeof(half));
	FUZZ_CHECK(dns_read(p, len, (uint16_t)(id + 1), name, type, &half) ==
	    DNS_FORGED && half.da_count == 0);
}

static void
dns(struct fuzz_input *in, bool ours)
{
	struct dns_answer	 da;
	enum dns_result		 wanted;
	const uint8_t		*p;
	uint8_t			 query[DNS_QUERY_MAX], *packet;
	char			 name[512];
	uint16_t		 id, type;
	size_t			 len;
	uint8_t			 flags;
	int			 n;

	id = fuzz_u16(in);
	flags = fuzz_u8(in);
	type = flags & 1 ? DNS_TYPE_AAAA : DNS_TYPE_A;
	p = fuzz_piece(in, &len);
	if (len >= sizeof(name))
		len = sizeof(name) - 1;
	memset(name, 0, sizeof(name));
	if (len > 0)
		memcpy(name, p, len);
	n = dns_query(query, id, name, type);
	FUZZ_CHECK(n == -1 || (n > 12 && n <= DNS_QUERY_MAX));
	FUZZ_CHECK(n == -1 || strlen(name) < DNS_NAME_LEN);
	if (n == -1 || name[strlen(name) - 1] == '.')
		return;
	if (!ours) {
		read_twice(in->fi_p, in->fi_len, id, name, type);
		return;
	}
	/* Our question, answered with what is left of the input. */
	n -= 11;
	query[2] |= 0x80;
	query[3] = flags >> 4;
	query[11] = 0;
	memset(&da, 0, sizeof(da));
	da.da_ttl = UINT32_MAX;
	wanted = flags >> 4 == 0 ? DNS_NO_DATA : flags >> 4 == 3 ?
	    DNS_NO_NAME : DNS_SERVER_FAILED;
	FUZZ_CHECK(fuzz_fault("question") !=
	    (dns_read(query, (size_t)n, id, name, type, &da) == wanted));
	FUZZ_CHECK(da.da_count == 0);
	query[7] = fuzz_u8(in);
	packet = malloc((size_t)n + in->fi_len);
	FUZZ_CHECK(packet != NULL);
	memcpy(packet, query, (size_t)n);
	if (in->fi_len > 0)
		memcpy(packet + n, in->fi_p, in->fi_len);
	read_twice(packet, (size_t)n + in->fi_len, id, name, type);
	free(packet);
}

static void
auth(struct fuzz_input *in)
{
	const char	*why;
	char		*body, fp[FP_STRLEN];
	size_t		 i;

	body = (char *)fuzz_copy(in->fi_p, in->fi_len);
	memset(fp, 0xa5, sizeof(fp));
	why = answer_read(body, in->fi_len, fp);
	FUZZ_CHECK(in->fi_len == 0 ||
	    memcmp(body, in->fi_p, in->fi_len) == 0);
	free(body);
	if (why != NULL) {
		FUZZ_CHECK(why[0] != '\0' && fp[0] == '\0');
		return;
	}
	FUZZ_CHECK(in->fi_len <= ANSWER_MAX);
	if (fuzz_fault("fingerprint"))
		fp[4] = '.';
	for (i = 0; i < FP_STRLEN - 1; i++)
		FUZZ_CHECK(i % 5 == 4 ? fp[i] == ':' :
		    (fp[i] >= '0' && fp[i] <= '9') ||
		    (fp[i] >= 'a' && fp[i] <= 'f'));
	FUZZ_CHECK(fp[FP_STRLEN - 1] == '\0');
}

/* Whatever the client calls its token, the body has it and nothing else. */
static void
token(struct fuzz_input *in)
{
	yyjson_doc	*doc;
	yyjson_val	*val;
	char		*body;
	size_t		 len;

	body = answer_request(in->fi_p, in->fi_len, &len);
	if (body == NULL)
		return;
	doc = yyjson_read(body, len, YYJSON_READ_NOFLAG);
	FUZZ_CHECK(doc != NULL);
	FUZZ_CHECK(yyjson_obj_size(yyjson_doc_get_root(doc)) == 1);
	val = yyjson_obj_get(yyjson_doc_get_root(doc), "token");
	FUZZ_CHECK(fuzz_fault("token") !=
	    (yyjson_get_len(val) == in->fi_len));
	FUZZ_CHECK(in->fi_len == 0 ||
	    memcmp(yyjson_get_str(val), in->fi_p, in->fi_len) == 0);
	yyjson_doc_free(doc);
	answer_wipe(body, len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_input	in = { data, len };

	switch (fuzz_u8(&in) & 3) {
	case 0:
		dns(&in, false);
		break;
	case 1:
		dns(&in, true);
		break;
	case 2:
		auth(&in);
		break;
	case 3:
		token(&in);
		break;
	}
	return (0);
}
