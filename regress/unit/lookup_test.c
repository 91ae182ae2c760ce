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
 * COVERS: tokens: the auth server's answer is read strictly (protocol 5.2)
 * COVERS: tokens: names of the auth server, messages of name servers
 *
 * lookupd's parts that need no HTTP.  The name server is a socket of this
 * process, which answers as each test says.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lookupd/answer.h"
#include "lookupd/dns.h"
#include "lookupd/resolve.h"

#define FP	"6871:1211:0e91:ecb3:09f6:6f51:d257:ccaa"

/* Answers of the auth server. */

static void
assert_answer(const char *body, const char *why)
{
	char		 fp[FP_STRLEN];
	const char	*got;

	got = answer_read(body, strlen(body), fp);
	if (why == NULL) {
		if (got != NULL)
			fail_msg("%s: %s", body, got);
		assert_string_equal(fp, FP);
		return;
	}
	if (got == NULL || strstr(got, why) == NULL)
		fail_msg("%s: %s", body, got != NULL ? got : "taken");
	assert_string_equal(fp, "");
}

static void
test_answer(void **state)
{
	(void)state;
	assert_answer("{\"valid\":true,\"fingerprint\":\"" FP "\"}", NULL);
	assert_answer("{\"valid\":true,\"fingerprint\":\"" FP
	    "\",\"alias\":null}", NULL);
	assert_answer(" {\n\"alias\":\"Ada\",\"x\":[{}],\"fingerprint\":\"" FP
	    "\",\"valid\":true}\n", NULL);
	assert_answer("{\"valid\":false,\"fingerprint\":\"" FP "\"}",
	    "not valid");
	assert_answer("{\"valid\":false}", "not valid");
	assert_answer("{\"valid\":true}", "no fingerprint");
	assert_answer("{\"valid\":true,\"fingerprint\":null}",
	    "no fingerprint");
	assert_answer("{\"fingerprint\":\"" FP "\"}", "whether");
	assert_answer("{\"valid\":1,\"fingerprint\":\"" FP "\"}", "whether");
	assert_answer("{\"valid\":\"true\",\"fingerprint\":\"" FP "\"}",
	    "whether");
	assert_answer("{\"valid\":null,\"fingerprint\":\"" FP "\"}",
	    "whether");
	assert_answer("{\"valid\":true,\"fingerprint\":7}", "no string");
	assert_answer("{\"valid\":true,\"fingerprint\":\"" FP
	    "\",\"alias\":{}}", "alias");
	assert_answer("{\"valid\":false,\"valid\":true,\"fingerprint\":\"" FP
	    "\"}", "twice");
	assert_answer("{\"valid\":true,\"fingerprint\":\"" FP
	    "\",\"fingerprint\":\"" FP "\"}", "twice");
	/* Not the text of protocol 4.2. */
	assert_answer("{\"valid\":true,\"fingerprint\":\"\"}", "none");
	assert_answer("{\"valid\":true,\"fingerprint\":\"ada\"}", "none");
	assert_answer("{\"valid\":true,\"fingerprint\":\"" FP ":\"}", "none");
	assert_answer("{\"valid\":true,\"fingerprint\":"
	    "\"6871:1211:0e91:ecb3:09f6:6f51:d257:ccAa\"}", "none");
	assert_answer("{\"valid\":true,\"fingerprint\":"
	    "\"6871:1211:0e91:ecb3:09f6:6f51:d257-ccaa\"}", "none");
	assert_answer("{\"valid\":true,\"fingerprint\":"
	    "\"6871:1211:0e91:ecb3:09f6:6f51:d257:cca\\u0000\"}", "none");
	assert_answer("", "not JSON");
	assert_answer("true", "object");
	assert_answer("[]", "object");
	assert_answer("{\"valid\":true,\"fingerprint\":\"" FP "\"}x",
	    "not JSON");
	assert_answer("{\"valid\":true,\"fingerprint\":\"" FP "\",}",
	    "not JSON");
	assert_answer("{\"valid\":true,\"fingerprint\":\"" FP "\"",
	    "not JSON");
	assert_answer("<html>valid</html>", "not JSON");
}

static void
test_answer_long(void **state)
{
	static const char	good[] =
	    "{\"valid\":true,\"fingerprint\":\"" FP "\"}";
	static char		body[ANSWER_MAX + 2];
	char			fp[FP_STRLEN];

	(void)state;
	memset(body, ' ', sizeof(body));
	memcpy(body, good, sizeof(good) - 1);
	assert_null(answer_read(body, ANSWER_MAX, fp));
	assert_non_null(answer_read(body, ANSWER_MAX + 1, fp));
	/* Depth costs no stack. */
	memset(body, '[', sizeof(body));
	assert_non_null(answer_read(body, ANSWER_MAX, fp));
}

static void
assert_request(const char *token, size_t len, const char *body)
{
	char	*got;
	size_t	 n;

	got = answer_request(token, len, &n);
	if (body == NULL) {
		assert_null(got);
		return;
	}
	assert_non_null(got);
	assert_int_equal(n, strlen(body));
	assert_memory_equal(got, body, n);
	answer_wipe(got, n);
}

static void
test_request(void **state)
{
	(void)state;
	assert_request("t", 1, "{\"token\":\"t\"}");
	assert_request("", 0, "{\"token\":\"\"}");
	assert_request(NULL, 0, "{\"token\":\"\"}");
	assert_request("a\"b\\c\n", 6, "{\"token\":\"a\\\"b\\\\c\\n\"}");
	assert_request("\"}{\"x\":\"", 8,
	    "{\"token\":\"\\\"}{\\\"x\\\":\\\"\"}");
	assert_request("a\0b", 3, "{\"token\":\"a\\u0000b\"}");
	assert_request("\xc3\xa9", 2, "{\"token\":\"\xc3\xa9\"}");
	assert_request("\xc3", 1, NULL);
	assert_request("\xff\xfe", 2, NULL);
	assert_request("\xed\xa0\x80", 3, NULL);	/* half of a pair */
}

/* Messages of name servers, built by hand. */

struct packet {
	uint8_t	buf[2048];
	size_t	len;
};

static void
put(struct packet *p, const void *data, size_t len)
{
	assert_true(len <= sizeof(p->buf) - p->len);
	memcpy(p->buf + p->len, data, len);
	p->len += len;
}

static void
put_u16(struct packet *p, unsigned int v)
{
	uint8_t	b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	put(p, b, sizeof(b));
}

static void
put_name(struct packet *p, const char *name)
{
	size_t	n;
	uint8_t	len;

	while (*name != '\0') {
		n = strcspn(name, ".");
		len = (uint8_t)n;
		put(p, &len, 1);
		put(p, name, n);
		name += n + (name[n] == '.');
	}
	put(p, "", 1);
}

/* Head and question; answers: how many records follow. */
static void
begin(struct packet *p, uint16_t id, unsigned int flags, const char *name,
    uint16_t type, unsigned int answers)
{
	p->len = 0;
	put_u16(p, id);
	put_u16(p, flags);
	put_u16(p, 1);
	put_u16(p, answers);
	put_u16(p, 0);
	put_u16(p, 0);
	put_name(p, name);
	put_u16(p, type);
	put_u16(p, 1);
}

/* name NULL: a pointer to the question. */
static void
record(struct packet *p, const char *name, uint16_t type, unsigned int ttl,
    const void *data, size_t len)
{
	if (name == NULL)
		put_u16(p, 0xc00c);
	else
		put_name(p, name);
	put_u16(p, type);
	put_u16(p, 1);
	put_u16(p, ttl >> 16);
	put_u16(p, ttl & 0xffff);
	put_u16(p, (unsigned int)len);
	put(p, data, len);
}

static enum dns_result
read_packet(const struct packet *p, uint16_t id, const char *name,
    uint16_t type, struct dns_answer *answer)
{
	memset(answer, 0, sizeof(*answer));
	answer->da_ttl = UINT32_MAX;
	return (dns_read(p->buf, p->len, id, name, type, answer));
}

static void
assert_addr(const struct addr *a, const char *text)
{
	char	buf[ADDR_STRLEN];

	assert_string_equal(addr_print(a, buf, sizeof(buf)), text);
}

static void
test_dns_query(void **state)
{
	static const uint8_t	want[] = {
		0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1,
		4, 'a', 'u', 't', 'h', 4, 't', 'e', 's', 't', 0,
		0, 28, 0, 1,
		0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0
	};
	uint8_t			buf[DNS_QUERY_MAX];
	char			name[512];

	(void)state;
	assert_int_equal(dns_query(buf, 0x1234, "auth.test", DNS_TYPE_AAAA),
	    sizeof(want));
	assert_memory_equal(buf, want, sizeof(want));
	assert_int_equal(dns_query(buf, 1, "", DNS_TYPE_A), -1);
	assert_int_equal(dns_query(buf, 1, "a..b", DNS_TYPE_A), -1);
	assert_int_equal(dns_query(buf, 1, ".a", DNS_TYPE_A), -1);
	memset(name, 'x', 64);
	name[64] = '\0';
	assert_int_equal(dns_query(buf, 1, name, DNS_TYPE_A), -1);
	name[63] = '\0';
	assert_true(dns_query(buf, 1, name, DNS_TYPE_A) > 0);
	memset(name, 'x', 253);
	name[50] = name[100] = name[150] = name[200] = '.';
	name[253] = '\0';
	assert_int_equal(dns_query(buf, 1, name, DNS_TYPE_A), DNS_QUERY_MAX);
	name[253] = 'x';
	name[254] = '\0';
	assert_int_equal(dns_query(buf, 1, name, DNS_TYPE_A), -1);
}

static void
test_dns_answer(void **state)
{
	static const uint8_t	v6[16] = {
		0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
	};
	struct dns_answer	a;
	struct packet		p, alias;

	(void)state;
	begin(&p, 7, 0x8180, "Auth.Test", 1, 2);
	record(&p, NULL, 1, 300, "\xc0\x00\x02\x01", 4);
	record(&p, "auth.TEST", 1, 60, "\xc0\x00\x02\x02", 4);
	assert_int_equal(read_packet(&p, 7, "auth.test", 1, &a), DNS_OK);
	assert_int_equal(a.da_count, 2);
	assert_int_equal(a.da_ttl, 60);
	assert_addr(&a.da_addrs[0], "192.0.2.1:0");
	assert_addr(&a.da_addrs[1], "192.0.2.2:0");
	begin(&p, 7, 0x8180, "auth.test", 28, 1);
	record(&p, NULL, 28, 0x80000000u, v6, sizeof(v6));
	assert_int_equal(read_packet(&p, 7, "auth.test", 28, &a), DNS_OK);
	assert_addr(&a.da_addrs[0], "[2001:db8::1]:0");
	assert_int_equal(a.da_ttl, 0);
	/* An alias, its TTL, and a record that does not belong to it. */
	alias.len = 0;
	put_name(&alias, "web.test");
	begin(&p, 7, 0x8180, "auth.test", 1, 3);
	record(&p, NULL, 5, 30, alias.buf, alias.len);
	record(&p, "evil.test", 1, 5, "\xc0\x00\x02\x09", 4);
	record(&p, "web.test", 1, 300, "\xc0\x00\x02\x03", 4);
	assert_int_equal(read_packet(&p, 7, "auth.test", 1, &a), DNS_OK);
	assert_int_equal(a.da_count, 1);
	assert_int_equal(a.da_ttl, 30);
	assert_addr(&a.da_addrs[0], "192.0.2.3:0");
	/* Of the wrong length, of another class: none. */
	begin(&p, 7, 0x8180, "auth.test", 1, 1);
	record(&p, NULL, 1, 300, "\xc0\x00\x02", 3);
	assert_int_equal(read_packet(&p, 7, "auth.test", 1, &a),
	    DNS_NO_DATA);
	begin(&p, 7, 0x8180, "auth.test", 1, 0);
	assert_int_equal(read_packet(&p, 7, "auth.test", 1, &a),
	    DNS_NO_DATA);
	begin(&p, 7, 0x8183, "auth.test", 1, 0);
	assert_int_equal(read_packet(&p, 7, "auth.test", 1, &a),
	    DNS_NO_NAME);
	begin(&p, 7, 0x8182, "auth.test", 1, 0);
	assert_int_equal(read_packet(&p, 7, "auth.test", 1, &a),
	    DNS_SERVER_FAILED);
}

static void
test_dns_forged(void **state)
{
	struct dns_answer	a;
	struct packet		p;
	size_t			len;

	(void)state;
	begin(&p, 7, 0x8180, "auth.test", 1, 1);
	record(&p, NULL, 1, 300, "\xc0\x00\x02\x01", 4);
	assert_int_equal(read_packet(&p, 7, "auth.test", 1, &a), DNS_OK);
	assert_int_equal(read_packet(&p, 8, "auth.test", 1, &a), DNS_FORGED);
	assert_int_equal(read_packet(&p, 7, "auth.tess", 1, &a), DNS_FORGED);
	assert_int_equal(read_packet(&p, 7, "auth.test", 28, &a),
	    DNS_FORGED);
	/* A question is no answer; nor is one with other counts. */
	p.buf[2] = 1;
	assert_int_equal(read_packet(&p, 7, "auth.test", 1, &a), DNS_FORGED);
	p.buf[2] = 0x81;
	p.buf[5] = 2;
	assert_int_equal(read_packet(&p, 7, "auth.test", 1, &a), DNS_FORGED);
	p.buf[5] = 1;
	/* Cut anywhere: never more than it holds. */
	for (len = p.len; len-- > 0;) {
		p.len = len;
		(void)read_packet(&p, 7, "auth.test", 1, &a);
		assert_int_equal(a.da_count, 0);
	}
}

/* Names that point to themselves, ahead, or in a circle. */
static void
test_dns_pointers(void **state)
{
	struct dns_answer	a;
	struct packet		p;
	size_t			at;

	(void)state;
	begin(&p, 7, 0x8180, "auth.test", 1, 1);
	at = p.len;
	put_u16(&p, 0xc000 | (unsigned int)at);
	put(&p, "\0\1\0\1\0\0\0\1\0\4\1\2\3\4", 14);
	assert_int_equal(read_packet(&p, 7, "auth.test", 1, &a),
	    DNS_NO_DATA);
	p.buf[at + 1] = (uint8_t)(at + 2);
	assert_int_equal(read_packet(&p, 7, "auth.test", 1, &a),
	    DNS_NO_DATA);
	p.buf[at] = 0xff;
	assert_int_equal(read_packet(&p, 7, "auth.test", 1, &a),
	    DNS_NO_DATA);
	p.buf[at] = 0x80;
	assert_int_equal(read_packet(&p, 7, "auth.test", 1, &a),
	    DNS_NO_DATA);
	/* An alias whose name goes beyond its record. */
	begin(&p, 7, 0x8180, "auth.test", 1, 1);
	record(&p, NULL, 5, 1, "\7abc", 4);
	put(&p, "defg", 5);
	assert_int_equal(read_packet(&p, 7, "auth.test", 1, &a),
	    DNS_SERVER_FAILED);
	/* The question's own name in a circle. */
	begin(&p, 7, 0x8180, "auth.test", 1, 0);
	p.buf[12] = 0xc0;
	p.buf[13] = 12;
	assert_int_equal(read_packet(&p, 7, "auth.test", 1, &a), DNS_FORGED);
}

/* Any bytes at all behind a good head: it ends, and reads what is there. */
static void
test_dns_fuzz(void **state)
{
	struct dns_answer	 a;
	struct packet		 p;
	uint8_t			*copy;
	uint32_t		 x = 1;
	unsigned int		 round;
	size_t			 i, head;

	(void)state;
	begin(&p, 7, 0x8180, "auth.test", 1, 9);
	head = p.len;
	for (round = 0; round < 20000; round++) {
		p.len = head + round % 97;
		for (i = head; i < p.len; i++) {
			x = x * 1664525 + 1013904223;
			p.buf[i] = (uint8_t)(x >> 24);
			if ((x & 0x700) == 0)
				p.buf[i] = 0xc0;
		}
		/* A heap of its own: the sanitizer sees the end. */
		assert_non_null(copy = malloc(p.len));
		memcpy(copy, p.buf, p.len);
		memset(&a, 0, sizeof(a));
		(void)dns_read(copy, p.len, 7, "auth.test", 1, &a);
		assert_true(a.da_count <= DNS_ADDRS_MAX);
		free(copy);
	}
}

/* The system's files. */

static void
write_file(char path[32], const char *text)
{
	int	fd;

	(void)strlcpy(path, "/tmp/wzp-lookup.XXXXXX", 32);
	assert_true((fd = mkstemp(path)) != -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void
test_conf(void **state)
{
	struct resolve_config	 rc;
	struct sockaddr_in	*in;
	char			 path[32];

	(void)state;
	write_file(path, "# a comment\nnameserver 192.0.2.53 # one\n"
	    "nameserver not-an-address\nnameserver 2001:db8::53\n"
	    "domain old.test\nsearch a.test. b.test\n"
	    "options rotate ndots:2 timeout:1\nnameserver 192.0.2.54\n"
	    "nameserver 192.0.2.55\n");
	resolve_read_conf(&rc, path);
	unlink(path);
	assert_int_equal(rc.rc_nservers, 3);
	assert_int_equal(rc.rc_servers[0].ss_family, AF_INET);
	assert_int_equal(rc.rc_servers[1].ss_family, AF_INET6);
	in = (struct sockaddr_in *)&rc.rc_servers[2];
	assert_int_equal(in->sin_port, htons(53));
	assert_int_equal(rc.rc_nsearch, 2);
	assert_string_equal(rc.rc_search[0], "a.test");
	assert_string_equal(rc.rc_search[1], "b.test");
	assert_int_equal(rc.rc_ndots, 2);
	/* Without the file: this host, as the C library has it. */
	resolve_read_conf(&rc, path);
	assert_int_equal(rc.rc_nservers, 1);
	in = (struct sockaddr_in *)&rc.rc_servers[0];
	assert_int_equal(in->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	assert_int_equal(rc.rc_ndots, 1);
}

static void
test_hosts(void **state)
{
	struct addr	 addrs[4];
	char		 path[32], *hosts;

	(void)state;
	write_file(path, "127.0.0.1\tlocalhost\n"
	    "192.0.2.1 other.test auth.test # auth2.test\n"
	    "#192.0.2.2 auth.test\nauth.test 192.0.2.3\n"
	    "2001:db8::1 AUTH.test\n192.0.2.4 auth.testing\n");
	assert_non_null(hosts = resolve_read_hosts(path));
	unlink(path);
	assert_int_equal(resolve_find_hosts(hosts, "auth.test", addrs, 4), 2);
	assert_addr(&addrs[0], "192.0.2.1:0");
	assert_addr(&addrs[1], "[2001:db8::1]:0");
	assert_int_equal(resolve_find_hosts(hosts, "auth.test", addrs, 1), 1);
	assert_int_equal(resolve_find_hosts(hosts, "auth2.test", addrs, 4), 0);
	assert_int_equal(resolve_find_hosts(hosts, "192.0.2.1", addrs, 4), 0);
	/* Known without a file, but the file's word goes first. */
	assert_int_equal(resolve_find_hosts("", "LocalHost", addrs, 4), 2);
	assert_true(addr_is_loopback(&addrs[0]) && addr_is_loopback(&addrs[1]));
	assert_int_equal(addr_family(&addrs[0]), AF_INET);
	assert_int_equal(addr_port(&addrs[0]), 0);
	assert_int_equal(resolve_find_hosts("192.0.2.9 localhost\n",
	    "localhost", addrs, 4), 1);
	assert_false(addr_is_loopback(&addrs[0]));
	assert_int_equal(resolve_find_hosts("", "localhost.test", addrs, 4), 0);
	free(hosts);
	/* Without the file there are none. */
	assert_non_null(hosts = resolve_read_hosts(path));
	assert_int_equal(resolve_find_hosts(hosts, "auth.test", addrs, 4), 0);
	free(hosts);
}

/* The resolver, against name servers of ours. */

struct server {
	ev_io		 io;
	int		 fd;
	unsigned int	 asked;
	bool		 silent;
	unsigned int	 rcode;
	const char	*name;		/* the only one that exists */
	bool		 forge;		/* wrong answers come first */
};

struct world {
	struct ev_loop		*loop;
	struct server		 servers[2];
	struct resolve_config	 conf;
	unsigned int		 done;
	struct dns_answer	 answer;
	char			 why[64];
	bool			 silent;
};

/* The question begins behind the head; only its last label matters. */
static void
server_read(struct ev_loop *loop, ev_io *io, int events)
{
	struct server		*s = io->data;
	struct sockaddr_storage	 from;
	struct packet		 p, q, name;
	socklen_t		 len = sizeof(from);
	ssize_t			 n;
	uint16_t		 id, type;
	size_t			 at;
	bool			 known;

	(void)loop;
	(void)events;
	n = recvfrom(s->fd, q.buf, sizeof(q.buf), 0,
	    (struct sockaddr *)&from, &len);
	assert_true(n > 12);
	s->asked++;
	if (s->silent)
		return;
	q.len = (size_t)n;
	id = (uint16_t)(q.buf[0] << 8 | q.buf[1]);
	for (at = 12; q.buf[at] != 0; at += q.buf[at] + 1u)
		continue;
	type = q.buf[at + 2];
	name.len = 0;
	put_name(&name, s->name);
	known = at + 1 - 12 == name.len &&
	    memcmp(q.buf + 12, name.buf, name.len) == 0;
	p.len = 0;
	put(&p, q.buf, at + 5);
	p.buf[2] = 0x81;
	p.buf[3] = (uint8_t)(0x80 | (known ? s->rcode : 3));
	p.buf[11] = 0;
	if (known && s->rcode == 0 && type == DNS_TYPE_A) {
		p.buf[7] = 1;
		record(&p, NULL, 1, 77, "\xc0\x00\x02\x01", 4);
	}
	if (s->forge) {
		p.buf[0] ^= 0x55;
		assert_true(sendto(s->fd, p.buf, p.len, 0,
		    (struct sockaddr *)&from, len) > 0);
		assert_true(sendto(s->fd, "", 0, 0,
		    (struct sockaddr *)&from, len) == 0);
		p.buf[0] = (uint8_t)(id >> 8);
	}
	assert_true(sendto(s->fd, p.buf, p.len, 0, (struct sockaddr *)&from,
	    len) > 0);
}

static void
resolved(void *arg, const struct dns_answer *answer, bool silent,
    const char *why)
{
	struct world	*w = arg;

	w->silent = silent;
	w->done++;
	memset(&w->answer, 0, sizeof(w->answer));
	if (answer != NULL)
		w->answer = *answer;
	(void)strlcpy(w->why, why, sizeof(w->why));
	ev_break(w->loop, EVBREAK_ALL);
}

static int
setup(void **state)
{
	static struct world	 w;
	struct sockaddr_in	*in;
	size_t			 i;

	memset(&w, 0, sizeof(w));
	w.loop = ev_loop_new(EVFLAG_NOENV);
	for (i = 0; i < 2; i++) {
		in = (struct sockaddr_in *)&w.conf.rc_servers[i];
		in->sin_family = AF_INET;
		in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		w.conf.rc_lens[i] = sizeof(*in);
		w.servers[i].fd = socket(AF_INET, SOCK_DGRAM, 0);
		if (bind(w.servers[i].fd, (struct sockaddr *)in,
		    sizeof(*in)) == -1 || getsockname(w.servers[i].fd,
		    (struct sockaddr *)in, &w.conf.rc_lens[i]) == -1)
			return (-1);
		w.servers[i].name = "auth.test";
		ev_io_init(&w.servers[i].io, server_read, w.servers[i].fd,
		    EV_READ);
		w.servers[i].io.data = &w.servers[i];
		ev_io_start(w.loop, &w.servers[i].io);
	}
	w.conf.rc_nservers = 2;
	w.conf.rc_ndots = 1;
	*state = &w;
	return (0);
}

static int
teardown(void **state)
{
	struct world	*w = *state;
	size_t		 i;

	for (i = 0; i < 2; i++) {
		ev_io_stop(w->loop, &w->servers[i].io);
		close(w->servers[i].fd);
	}
	ev_loop_destroy(w->loop);
	return (0);
}

static void
ask(struct world *w, const char *host)
{
	struct resolver	*re;
	unsigned int	 before = w->done;

	re = resolver_new(w->loop, &w->conf, host, resolved, w);
	assert_non_null(re);
	resolver_start(re);
	resolver_start(re);
	if (w->done == before)
		ev_run(w->loop, 0);
	assert_int_equal(w->done, before + 1);
	assert_false(resolver_busy(re));
	resolver_free(re);
}

static void
test_resolve(void **state)
{
	struct world	*w = *state;

	ask(w, "auth.test");
	assert_int_equal(w->answer.da_count, 1);
	assert_int_equal(w->answer.da_ttl, 77);
	assert_addr(&w->answer.da_addrs[0], "192.0.2.1:0");
	assert_int_equal(w->servers[0].asked, 2);
	assert_int_equal(w->servers[1].asked, 0);
	ask(w, "auth.test.");
	assert_int_equal(w->answer.da_count, 1);
	ask(w, "other.test");
	assert_int_equal(w->answer.da_count, 0);
	assert_false(w->silent);
	assert_string_not_equal(w->why, "");
}

/* Forged and empty packets before the true answer change nothing. */
static void
test_resolve_forged(void **state)
{
	struct world	*w = *state;

	w->servers[0].forge = true;
	ask(w, "auth.test");
	assert_int_equal(w->answer.da_count, 1);
	assert_int_equal(w->servers[1].asked, 0);
}

static void
test_resolve_next(void **state)
{
	struct world	*w = *state;

	/* Failed, then silent, then gone: the second server is asked. */
	w->servers[0].rcode = 2;
	ask(w, "auth.test");
	assert_int_equal(w->answer.da_count, 1);
	assert_true(w->servers[1].asked > 0);
	w->servers[0].silent = true;
	ask(w, "auth.test");
	assert_int_equal(w->answer.da_count, 1);
	ev_io_stop(w->loop, &w->servers[0].io);
	close(w->servers[0].fd);
	w->servers[0].fd = -1;
	ask(w, "auth.test");
	assert_int_equal(w->answer.da_count, 1);
}

static void
test_resolve_search(void **state)
{
	struct world	*w = *state;

	(void)strlcpy(w->conf.rc_search[0], "none.test", DNS_NAME_LEN);
	(void)strlcpy(w->conf.rc_search[1], "test", DNS_NAME_LEN);
	w->conf.rc_nsearch = 2;
	ask(w, "auth");
	assert_int_equal(w->answer.da_count, 1);
	ask(w, "auth.");
	assert_int_equal(w->answer.da_count, 0);
	w->servers[0].name = "auth.x.test";
	ask(w, "auth.x");
	assert_int_equal(w->answer.da_count, 1);
}

/* Nobody answers: it ends, within its limit. */
static void
test_resolve_silent(void **state)
{
	struct world	*w = *state;

	w->servers[0].silent = w->servers[1].silent = true;
	ask(w, "auth.test");
	assert_int_equal(w->answer.da_count, 0);
	assert_true(w->silent);
	assert_true(w->servers[0].asked >= 2 && w->servers[1].asked >= 2);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_answer_long),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_dns_query),
		cmocka_unit_test(test_dns_answer),
		cmocka_unit_test(test_dns_forged),
		cmocka_unit_test(test_dns_pointers),
		cmocka_unit_test(test_dns_fuzz),
		cmocka_unit_test(test_conf),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test_setup_teardown(test_resolve, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_resolve_forged, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_resolve_next, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_resolve_search, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_resolve_silent, setup,
		    teardown)
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
