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
 * Looks for the relay's secrets in the memory of running processes.
 *
 *	memscan [-d] [-s seedfile] [-x name=hex] [-t name=text]
 *	    label=pid[:slot] ...
 *
 * -s: the seed, and all that is made of it: the HKDF's intermediates, the
 * three private keys, an Ed25519 key's expanded form, reset keys of slots,
 * the text of the seed file.  :slot: this process is allowed the reset key of
 * that slot.  -x, -t: more to look for.  -d: reading is to be denied.
 * Secrets are looked for by halves, so that one that was overwritten in part
 * is found.  Prints one line a find and one a process; exit status 0: none,
 * 1: some (with -d: a process could be read), 2: could not look.
 */

#include "config.h"

#define OPENSSL_SUPPRESS_DEPRECATED

#include <sys/types.h>

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "common/wire/identity.h"

#define SLOTS		64	/* the most that relayd gives */
#define NEEDLES_MAX	(64 + 2 * SLOTS)
#define CHUNK		(4u << 20)
#define HALF_MIN	8	/* bytes that do not come by chance */

struct needle {
	char	 nd_name[40];
	uint8_t	 nd_bytes[64];
	size_t	 nd_len;
	int	 nd_slot;	/* whose reset key; -1: nobody's */
	bool	 nd_hit;	/* in the process being read */
};

static struct needle	needles[NEEDLES_MAX];
static size_t		nneedles;
/* By their first two bytes: which needles to compare with. */
static uint8_t		starts[65536];

static void	needle_add(const char *, const void *, size_t, int);
static void	needle_halves(const char *, const void *, size_t, int);
static void	needles_seed(const char *);
static void	needles_ed25519(const char *, const uint8_t *);
static void	needles_hkdf(const uint8_t *);
static void	needle_option(char *, bool);
static bool	scan_bytes(const uint8_t *, size_t, int);
static int	scan_range(int, uint64_t, uint64_t, int, uint64_t *);
static int	scan(const char *, pid_t, int);
static int	denied(const char *, pid_t);

static void
needle_add(const char *name, const void *p, size_t len, int slot)
{
	struct needle	*nd;

	if (nneedles == NEEDLES_MAX || len < HALF_MIN ||
	    len > sizeof(nd->nd_bytes))
		errx(2, "%s: %zu bytes cannot be looked for", name, len);
	nd = &needles[nneedles++];
	(void)snprintf(nd->nd_name, sizeof(nd->nd_name), "%s", name);
	memcpy(nd->nd_bytes, p, len);
	nd->nd_len = len;
	nd->nd_slot = slot;
	starts[nd->nd_bytes[0] << 8 | nd->nd_bytes[1]] = 1;
}

static void
needle_halves(const char *name, const void *p, size_t len, int slot)
{
	char	text[40];

	(void)snprintf(text, sizeof(text), "%s, first half", name);
	needle_add(text, p, len / 2, slot);
	(void)snprintf(text, sizeof(text), "%s, second half", name);
	needle_add(text, (const uint8_t *)p + len / 2, len - len / 2, slot);
}

/* RFC 8032 5.1.5: the scalar, clamped or not yet, and the prefix. */
static void
needles_ed25519(const char *what, const uint8_t *secret)
{
	uint8_t	hash[SHA512_DIGEST_LENGTH];
	char	name[32];

	(void)snprintf(name, sizeof(name), "%s key", what);
	needle_halves(name, secret, 32, -1);
	if (SHA512(secret, 32, hash) == NULL)
		errx(2, "SHA-512");
	(void)snprintf(name, sizeof(name), "%s scalar", what);
	/* The first byte and the last are clamped. */
	needle_halves(name, hash + 1, 30, -1);
	(void)snprintf(name, sizeof(name), "%s prefix", what);
	needle_halves(name, hash + 32, 32, -1);
}

/* The pseudo-random key, as it stands, and in the two pads of an HMAC. */
static void
needles_hkdf(const uint8_t *seed)
{
	static const uint8_t	 zeros[32];
	SHA256_CTX		 sha;
	uint8_t			 prk[32], pad[64];
	unsigned int		 len = sizeof(prk);
	size_t			 i, k;

	if (HMAC(EVP_sha256(), zeros, sizeof(zeros), seed, 32, prk, &len) ==
	    NULL)
		errx(2, "HMAC");
	needle_halves("HKDF key", prk, sizeof(prk), -1);
	for (k = 0; k < 2; k++) {
		memset(pad, k == 0 ? 0x36 : 0x5c, sizeof(pad));
		for (i = 0; i < sizeof(prk); i++)
			pad[i] ^= prk[i];
		needle_halves(k == 0 ? "HKDF inner pad" : "HKDF outer pad",
		    pad, sizeof(prk), -1);
		/* What stays in a context that was keyed. */
		SHA256_Init(&sha);
		SHA256_Update(&sha, pad, sizeof(pad));
		needle_halves(k == 0 ? "HKDF inner state" :
		    "HKDF outer state", sha.h, sizeof(sha.h), -1);
	}
}

static void
needles_seed(const char *path)
{
	struct identity	 id;
	uint8_t		 seed[32], key[32];
	char		 text[256], info[32], name[32], upper[64];
	ssize_t		 n;
	unsigned int	 slot;
	size_t		 i;
	int		 fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1 ||
	    (n = read(fd, text, sizeof(text))) < 64 ||
	    identity_seed_parse(text, (size_t)n, seed) == -1 ||
	    identity_from_seed(&id, seed) == -1)
		errx(2, "no seed in %s", path);
	close(fd);
	needle_halves("seed", seed, sizeof(seed), -1);
	needle_halves("seed's text", text, 64, -1);
	for (i = 0; i < sizeof(upper); i++)
		upper[i] = (char)toupper((unsigned char)text[i]);
	needle_halves("seed's text, upper case", upper, sizeof(upper), -1);
	needles_hkdf(seed);
	needles_ed25519("identity", id.id_secret);
	needles_ed25519("TLS", id.id_tls_secret);
	needle_halves("X25519 key", id.id_x25519_secret, 32, -1);
	for (slot = 0; slot < SLOTS; slot++) {
		(void)snprintf(info, sizeof(info), "wzp-reset-%u", slot);
		if (identity_hkdf(seed, sizeof(seed), info, key,
		    sizeof(key)) == -1)
			errx(2, "HKDF");
		(void)snprintf(name, sizeof(name), "reset key of slot %u",
		    slot);
		needle_add(name, key, sizeof(key), (int)slot);
	}
}

/* name=value, by hex or as it is */
static void
needle_option(char *arg, bool hex)
{
	uint8_t	 bytes[64];
	char	*value, byte[3] = "";
	size_t	 len;

	if ((value = strchr(arg, '=')) == NULL)
		errx(2, "%s: no value", arg);
	*value++ = '\0';
	len = strlen(value);
	if (!hex) {
		needle_add(arg, value, len, -1);
		return;
	}
	for (len = 0; len < sizeof(bytes) && value[2 * len] != '\0'; len++) {
		memcpy(byte, value + 2 * len, 2);
		bytes[len] = (uint8_t)strtoul(byte, NULL, 16);
	}
	needle_add(arg, bytes, len, -1);
}

/* Whether all that is in p is none of ours. */
static bool
scan_bytes(const uint8_t *p, size_t len, int slot)
{
	struct needle	*nd;
	size_t		 i, n;
	bool		 clean = true;

	for (i = 0; i + 1 < len; i++) {
		if (starts[p[i] << 8 | p[i + 1]] == 0)
			continue;
		for (n = 0; n < nneedles; n++) {
			nd = &needles[n];
			if (nd->nd_len > len - i || (nd->nd_slot != -1 &&
			    nd->nd_slot == slot) ||
			    memcmp(p + i, nd->nd_bytes, nd->nd_len) != 0)
				continue;
			nd->nd_hit = true;
			clean = false;
		}
	}
	return (clean);
}

/* -1: some of it could not be read (which is not one of ours). */
static int
scan_range(int fd, uint64_t from, uint64_t to, int slot, uint64_t *total)
{
	static uint8_t	buf[CHUNK + 64];
	size_t		have = 0, want;
	ssize_t		n;

	while (from < to) {
		want = to - from > CHUNK ? CHUNK : (size_t)(to - from);
		if ((n = pread(fd, buf + have, want, (off_t)from)) <= 0)
			return (-1);
		from += (uint64_t)n;
		*total += (uint64_t)n;
		have += (size_t)n;
		(void)scan_bytes(buf, have, slot);
		/* One that lies across the two. */
		if (have > 63) {
			memmove(buf, buf + have - 63, 63);
			have = 63;
		}
	}
	explicit_bzero(buf, sizeof(buf));
	return (0);
}

/* 1: something was found. */
static int
scan(const char *label, pid_t pid, int slot)
{
	FILE		*maps;
	char		 path[64], line[512], perms[8], what[256];
	uint64_t	 from, to, total = 0;
	size_t		 i, hits = 0;
	int		 fd, n;

	for (i = 0; i < nneedles; i++)
		needles[i].nd_hit = false;
	(void)snprintf(path, sizeof(path), "/proc/%ld/mem", (long)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		err(2, "%s: %s", label, path);
	(void)snprintf(path, sizeof(path), "/proc/%ld/maps", (long)pid);
	if ((maps = fopen(path, "re")) == NULL)
		err(2, "%s: %s", label, path);
	while (fgets(line, sizeof(line), maps) != NULL) {
		what[0] = '\0';
		n = sscanf(line, "%" SCNx64 "-%" SCNx64
		    " %7s %*s %*s %*s %255s", &from, &to, perms, what);
		if (n < 3)
			errx(2, "%s: %s", label, line);
		/* The kernel's own pages cannot be read this way. */
		if (perms[0] != 'r' || strncmp(what, "[vvar", 5) == 0 ||
		    strcmp(what, "[vsyscall]") == 0)
			continue;
		if (scan_range(fd, from, to, slot, &total) == -1)
			errx(2, "%s: %s cannot be read", label, line);
	}
	fclose(maps);
	close(fd);
	for (i = 0; i < nneedles; i++) {
		if (!needles[i].nd_hit)
			continue;
		printf("%s: found: %s\n", label, needles[i].nd_name);
		hits++;
	}
	printf("%s: %" PRIu64 " KB read, %zu found\n", label, total / 1024,
	    hits);
	if (total == 0)
		errx(2, "%s: nothing to read", label);
	return (hits > 0);
}

/* 1: it could be read. */
static int
denied(const char *label, pid_t pid)
{
	char	path[64];
	int	fd;

	(void)snprintf(path, sizeof(path), "/proc/%ld/mem", (long)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1) {
		if (errno != EACCES && errno != EPERM)
			err(2, "%s: %s", label, path);
		printf("%s: denied\n", label);
		return (0);
	}
	close(fd);
	printf("%s: can be read\n", label);
	return (1);
}

int
main(int argc, char **argv)
{
	char		*value, *colon;
	bool		 deny = false;
	pid_t		 pid;
	int		 c, slot, found = 0;

	while ((c = getopt(argc, argv, "ds:t:x:")) != -1)
		switch (c) {
		case 'd':
			deny = true;
			break;
		case 's':
			needles_seed(optarg);
			break;
		case 't':
		case 'x':
			needle_option(optarg, c == 'x');
			break;
		default:
			return (2);
		}
	if (optind == argc)
		errx(2, "no process named");
	for (; optind < argc; optind++) {
		if ((value = strchr(argv[optind], '=')) == NULL)
			errx(2, "%s: no process", argv[optind]);
		*value++ = '\0';
		slot = -1;
		if ((colon = strchr(value, ':')) != NULL && colon[1] != '\0')
			slot = atoi(colon + 1);
		if ((pid = (pid_t)atol(value)) <= 0)
			errx(2, "%s: no process", argv[optind]);
		found |= deny ? denied(argv[optind], pid) :
		    scan(argv[optind], pid, slot);
	}
	return (found);
}
